//! `zuc person …`

use zuc_ipc::people::RightsSet;

use super::{OK, Place, support, with_office};
use crate::{Done, args::Person, output::Output};

pub(super) async fn run(command: Person, place: &Place, output: Output) -> Done {
    match command {
        Person::List => {
            let people = with_office(place, async |office| office.people_view().await).await?;
            output.show(&people.rows, |rows| {
                let lines: Vec<_> =
                    rows.iter().map(|row| format!("{}  {}  {}", row.id, row.name, row.roles.join(","))).collect();
                lines.join("\n")
            })?;
        }
        Person::Rights { person, roles } => {
            let changes = with_office(place, async |office| {
                let people = office.people_view().await?;
                let found = people.rows.into_iter().find(|row| row.id == person || row.name == person);
                let person = found.map_or(person, |row| row.id);
                office.rights_set(RightsSet { person, roles }).await
            })
            .await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
        Person::Erase { record } => return support::erase(record, place, output).await,
    }
    Ok(OK)
}
