//! The company's people: who they are, what they may see and do, and other roles for one.

use zuc_domain::shared::{Action, Actor, DeviceId, Object, PersonId, Role, Scope, authorize};
use zuc_ipc::{
    Changes,
    people::{Access, DeedAccess, PeopleView, PersonRow, RightsSet, ScopeAccess},
    words,
};
use zuc_protocol::{Rights, control::ControlLog, control::Mark, person_key::Bag};
use zuc_store::keys::random;
use zuc_sync::{
    ControlStep,
    membership::{Changing, change_rights},
};

use crate::{
    AppError, Office,
    desk::{role, wire_role},
    sync::wait_connected,
};

/// What people ask about most, by its key in the window's words.
const DEEDS: [(&str, Action); 8] = [
    ("import", Action::ImportLeads),
    ("assign", Action::AssignLead),
    ("propose", Action::SendProposal),
    ("catalog", Action::EditCatalog),
    ("issue", Action::IssueInvoice),
    ("csd", Action::ManageCsd),
    ("reports", Action::ReadAnalytics),
    ("devices", Action::ManageDevices),
];

/// As many teams as a company has: each is a scope.
const MOST_TEAMS: u16 = 11;

impl Office {
    /// Everybody of the company, and what the roles mean.
    ///
    /// # Errors
    /// Of the store.
    pub async fn people_view(&self) -> Result<PeopleView, AppError> {
        self.allow(Action::ReadDevices, Object::in_scope(self.sales()))?;
        let seen = self.store.devices_seen().await?;
        let control = self.exchange.control();
        let mut people: Vec<_> = control.persons().collect();
        people.sort_by_key(|(person, _)| control.devices_of(*person).map(|(_, device)| device.added_at).min());
        let rows = people.into_iter().map(|(person, state)| {
            let roles = state.rights_at(control.last_seq()).map(|rights| rights.roles.clone()).unwrap_or_default();
            let teams = state.rights_at(control.last_seq()).map(|rights| rights.teams.clone()).unwrap_or_default();
            let devices: Vec<_> = control.devices_of(person).collect();
            let last = devices.iter().filter_map(|(id, _)| seen.get(&DeviceId(id.to_uuid()))).max();
            let inside = devices.iter().filter(|(_, device)| device.removed.is_none()).count();
            let id = PersonId(person.to_uuid());
            PersonRow {
                id: id.to_string(),
                name: self.exchange.name_of(id),
                roles: roles.iter().map(|wire| role(*wire).name().to_owned()).collect(),
                teams,
                devices: u32::try_from(inside).unwrap_or(u32::MAX),
                last_seen: last.map(ToString::to_string).unwrap_or_default(),
                this: id == self.actor.person,
                out: inside == 0,
            }
        });
        Ok(PeopleView {
            rows: rows.collect(),
            roles: Role::ALL.map(|role| role.name().to_owned()).to_vec(),
            access: access(),
            teams: teams_of(&control),
            deeds: DEEDS.map(|(deed, action)| deed_access(deed, action)).to_vec(),
            manages: self.may(Action::ManageDevices, Object::in_scope(Scope::Admin)),
        })
    }

    /// Gives a person other roles, or other teams, on all their computers. The team after the last begins with its first person. What they may read no more gets new keys, and goes from their disk;
    /// what they may read from now on comes.
    ///
    /// # Errors
    /// `lock.ask`; `person.unknown`; `person.no_role`; `person.no_such_team`; `person.last_admin` where nobody would run the company any more,
    /// `person.last_reader` where nobody would read something any more; `relay.none`, `relay.unreachable` before anything is
    /// done; the relay's codes.
    #[tracing::instrument(skip_all)]
    pub async fn rights_set(&self, set: RightsSet) -> Result<Changes, AppError> {
        self.allow(Action::ManageDevices, Object::in_scope(Scope::Admin))?;
        self.ask_again()?;
        let control = self.exchange.control();
        let found = control.persons().find(|(person, _)| PersonId(person.to_uuid()).to_string() == set.person);
        let (person, state) = found.ok_or_else(|| AppError::new("person.unknown", "no such person in the company"))?;
        let before = state.rights_at(control.last_seq()).cloned().unwrap_or_default();
        let roles = set.roles.iter().map(|name| wire_role(name)).collect::<Result<Vec<_>, _>>()?;
        if roles.is_empty() {
            return Err(
                AppError::new("person.no_role", "a person without a role is taken out by their computers").at("roles")
            );
        }
        let next = teams_of(&control) + 1;
        if set.teams.iter().any(|team| *team == 0 || *team > next.min(MOST_TEAMS)) {
            return Err(AppError::new("person.no_such_team", "teams begin one after the other").at("teams"));
        }
        let teams = if set.teams.is_empty() { before.teams.clone() } else { set.teams };
        let rights = Rights::new(roles, teams);
        let runs = |rights: &Rights| rights.has(zuc_protocol::Role::Administracion);
        if runs(&before) && !runs(&rights) && !another_runs(&control, person) {
            return Err(AppError::new("person.last_admin", "nobody else runs the company's membership").at("roles"));
        }
        let lost = |scope: zuc_protocol::Scope| before.may_read(scope) && !rights.may_read(scope);
        let read_by_others = |scope| control.readers(scope).any(|(_, device)| device.person != person);
        if control.scopes().any(|scope| lost(scope) && !read_by_others(scope)) {
            return Err(AppError::new("person.last_reader", "nobody else reads what the role opens").at("roles"));
        }
        self.exchange.relay()?;
        wait_connected(self).await?;
        let mut marks: Vec<Mark> = Vec::new();
        for (device, _) in control.devices_of(person).filter(|(_, device)| device.removed.is_none()) {
            let of = self.marks_of(device).await?;
            let written = |mark: &Mark| before.may_write(mark.scope) && !rights.may_write(mark.scope);
            marks.extend(of.into_iter().filter(written));
        }
        let changing = Changing { person, rights, marks };
        self.author_over(|control, bags| self.changed(control, bags, &changing)).await?;
        self.wait_for_keys().await;
        let name = self.exchange.name_of(PersonId(person.to_uuid()));
        let done = words::fill("company.rights_changed", &[("name", &name)]);
        Ok(self.tell(Changes { done, ..Changes::all() }))
    }

    fn changed(&self, control: &ControlLog, bags: &[Bag], changing: &Changing) -> Result<Vec<ControlStep>, AppError> {
        let (ring, entropy) = (self.ring_with_bags(control), self.ports.entropy.clone());
        let mut fresh = || random(entropy.as_ref());
        Ok(change_rights(control, &ring, bags, changing, self.now().as_millisecond(), &mut fresh)?)
    }
}

/// How many sales teams there are: they are numbered from 1.
fn teams_of(control: &ControlLog) -> u16 {
    let teams = control.scopes().filter(|scope| matches!(scope, zuc_protocol::Scope::Sales(_))).count();
    u16::try_from(teams).unwrap_or(u16::MAX)
}

fn another_runs(control: &ControlLog, person: zuc_protocol::ids::PersonId) -> bool {
    control.devices().any(|(_, device)| {
        let rights = control.person(device.person).and_then(|person| person.rights_at(control.last_seq()));
        device.person != person
            && device.removed.is_none()
            && rights.is_some_and(|rights| rights.has(zuc_protocol::Role::Administracion))
    })
}

fn access() -> Vec<ScopeAccess> {
    let scopes = [
        ("sales", Scope::Sales(1)),
        ("catalog", Scope::Catalog),
        ("finance", Scope::Finance),
        ("fiscal", Scope::Fiscal),
        ("analytics", Scope::Analytics),
        ("admin", Scope::Admin),
    ];
    let of = |scope: Scope| {
        Role::ALL.map(|role| match (role.writes(scope, 1), role.reads(scope, 1)) {
            (true, _) => Access::Write,
            (false, true) => Access::Read,
            (false, false) => Access::None,
        })
    };
    scopes.map(|(name, scope)| ScopeAccess { scope: name.to_owned(), access: of(scope) }).to_vec()
}

/// Whether a role alone may do it anywhere.
fn deed_access(deed: &str, action: Action) -> DeedAccess {
    let may = Role::ALL.map(|role| {
        let nobody = uuid::Uuid::nil();
        let actor =
            Actor { person: PersonId(nobody), device: DeviceId(nobody), roles: [role].into(), teams: [1].into() };
        Scope::all(1).into_iter().any(|scope| authorize(&actor, action, &Object::in_scope(scope)).is_ok())
    });
    DeedAccess { deed: deed.to_owned(), may }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_of_each_role_what_the_matrix_says() {
        let issue = deed_access("issue", Action::IssueInvoice);
        assert_eq!(issue.may, [false, false, true, false]);
        assert_eq!(deed_access("devices", Action::ManageDevices).may, [false, false, false, true]);
        let fiscal = access().into_iter().find(|row| row.scope == "fiscal").unwrap();
        assert_eq!(fiscal.access, [Access::None, Access::None, Access::Write, Access::None]);
        let catalog = access().into_iter().find(|row| row.scope == "catalog").unwrap();
        assert_eq!(catalog.access, [Access::Read, Access::Write, Access::Read, Access::None]);
    }
}
