//! A lead's row in the list, its search entry and its match keys.

use std::collections::{BTreeSet, HashMap};

use sqlx::{AssertSqlSafe, QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;
use zuc_domain::lead::Lead;
use zuc_domain::lead::duplicates::{BlockingKey, MatchRecord};
use zuc_domain::shared::money::canonical_decimal;
use zuc_domain::shared::text::fold;

use super::facet::{Facet, forget_facets, name_facets};
use crate::StoreError;
use crate::store::scope_number;

/// Columns in the order they are bound; those that follow are looked up.
const COLUMNS: [&str; 35] = [
    "id",
    "scope",
    "full_name",
    "company",
    "email",
    "phone",
    "rfc",
    "city",
    "postal_code",
    "industry",
    "company_size",
    "source",
    "state",
    "open",
    "needs_review",
    "score",
    "band",
    "score_method",
    "factors",
    "amount",
    "currency",
    "amount_micro",
    "next_step",
    "next_step_due",
    "nurture_until",
    "created_on",
    "import_batch",
    "customer",
    "opportunity",
    "touched",
    "notes",
    "company_sort",
    "name_sort",
    "city_sort",
    "match_keys",
];

/// Writes the rows of leads over what is there, with their search entries and match keys; `new` ones have no row yet.
pub(crate) async fn write(conn: &mut SqliteConnection, leads: &[&Lead], new: bool) -> Result<(), StoreError> {
    if leads.is_empty() {
        return Ok(());
    }
    if !new {
        super::alias::unpoint_all(conn, leads).await?;
        super::alias::note_origins(conn, leads).await?;
    }
    let old = if new { HashMap::new() } else { old_rows(conn, leads).await? };
    let new = old.is_empty();
    let first = if new { next_number(conn).await? } else { 0 };
    let facets = name_facets(conn, leads).await?;
    let names = owner_names(conn, leads).await?;
    let mut query = QueryBuilder::<Sqlite>::new("INSERT INTO lead_row (");
    query.push(COLUMNS.join(", ")).push(", created_at, owner, owner_name, facet");
    query.push(if new { ", n) " } else { ") " });
    let mut new_keys: HashMap<Uuid, Vec<i64>> = HashMap::with_capacity(leads.len());
    query.push_values((first..).zip(leads), |mut row, (n, lead)| {
        let folded = lead.folded();
        let state = folded.state();
        let open = !matches!(state, zuc_domain::lead::LeadState::Converted | zuc_domain::lead::LeadState::Disqualified);
        let keys = match_keys(lead);
        let facet = Facet::of(lead);
        let number = facets.get(&facet).copied();
        let owner_name = names.get(&facet.owner).cloned().unwrap_or_default();
        let score = lead.score.as_ref();
        let factors = score.and_then(|score| serde_json::to_string(&score.factors).ok());
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        row.push_bind(lead.id.0.as_bytes().to_vec())
            .push_bind(scope_number(lead.scope))
            .push_bind(text(&lead.full_name))
            .push_bind(text(&lead.company))
            .push_bind(lead.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default())
            .push_bind(lead.phone.as_ref().map(|phone| phone.as_str().to_owned()).unwrap_or_default())
            .push_bind(lead.rfc.as_ref().map(|rfc| rfc.as_str().to_owned()).unwrap_or_default())
            .push_bind(text(&lead.city))
            .push_bind(lead.postal_code.as_ref().map(|code| code.as_str().to_owned()).unwrap_or_default())
            .push_bind(text(&lead.industry))
            .push_bind(lead.company_size)
            .push_bind(lead.source.clone())
            .push_bind(state.name())
            .push_bind(open)
            .push_bind(folded.needs_review())
            .push_bind(score.map_or(0, |score| i64::from(score.score)))
            .push_bind(score.map_or("", |score| score.band().name()))
            .push_bind(score.map_or("", |score| score.method.name()))
            .push_bind(factors.unwrap_or_else(|| "[]".to_owned()))
            .push_bind(lead.estimated_amount.map(|money| canonical_decimal(money.amount())))
            .push_bind(lead.estimated_amount.map(|money| money.currency().to_string()).unwrap_or_default())
            .push_bind(lead.estimated_amount.map(zuc_domain::shared::Money::micro_units))
            .push_bind(lead.next_step.as_ref().map(|step| step.text.clone()).unwrap_or_default())
            .push_bind(lead.next_step.as_ref().map(|step| step.due.to_string()))
            .push_bind(lead.nurture_until.map(|day| day.to_string()))
            .push_bind(lead.created_on.to_string())
            .push_bind(lead.import_batch.map(|batch| batch.0.as_bytes().to_vec()))
            .push_bind(lead.converted.as_ref().map(|to| to.customer.0.as_bytes().to_vec()))
            .push_bind(lead.converted.as_ref().and_then(|to| to.opportunity).map(|id| id.0.as_bytes().to_vec()))
            .push_bind(lead.first_contact_at.is_some())
            .push_bind(lead.notes.clone())
            .push_bind(fold(lead.company.as_deref().unwrap_or_default()))
            .push_bind(fold(lead.full_name.as_deref().unwrap_or_default()))
            .push_bind(fold(lead.city.as_deref().unwrap_or_default()))
            .push_bind(keys.iter().flat_map(|key| key.to_le_bytes()).collect::<Vec<u8>>())
            .push_bind(captured_at(lead))
            .push_bind(facet.owner)
            .push_bind(owner_name)
            .push_bind(number);
        if new {
            row.push_bind(n);
        }
        new_keys.insert(lead.id.0, keys);
    });
    let numbers: Vec<(i64, Uuid)> = if new {
        query.build().execute(&mut *conn).await?;
        (first..).zip(leads.iter().map(|lead| lead.id.0)).collect()
    } else {
        query.push(" ON CONFLICT (id) DO UPDATE SET ");
        let mut set = query.separated(", ");
        for column in COLUMNS.iter().skip(1).chain(&["owner", "owner_name", "facet"]) {
            set.push(*column).push_unseparated(" = excluded.").push_unseparated(*column);
        }
        query.push(" RETURNING n, id");
        let rows: Vec<(i64, Vec<u8>)> = query.build_query_as().fetch_all(&mut *conn).await?;
        let row = |(n, id): (i64, Vec<u8>)| Ok((n, crate::store::uuid_of("lead_row", &id)?));
        rows.into_iter().map(row).collect::<Result<_, StoreError>>()?
    };
    let mut added = Vec::new();
    for (n, id) in numbers {
        let Some(keys) = new_keys.remove(&id) else { continue };
        let before = old.get(&id).map_or(&[] as &[i64], |row| &row.keys);
        let gone: Vec<i64> = before.iter().filter(|key| !keys.contains(key)).copied().collect();
        remove_keys(conn, n, &gone).await?;
        added.extend(keys.into_iter().filter(|key| !before.contains(key)).map(|key| (key, n)));
    }
    // in the order of their tree: neighbours are written while their page is at hand
    added.sort_unstable();
    for chunk in added.chunks(4_000) {
        let mut query = QueryBuilder::<Sqlite>::new("INSERT OR IGNORE INTO lead_match_key (key, lead) ");
        query.push_values(chunk, |mut row, (key, lead)| {
            row.push_bind(*key).push_bind(*lead);
        });
        query.build().execute(&mut *conn).await?;
    }
    forget_facets(conn, old.values().map(|row| row.facet).collect()).await
}

/// When a lead was captured, in Unix milliseconds; of one whose id does not say it, the beginning of that day.
fn captured_at(lead: &Lead) -> i64 {
    match crate::projections::millis_of(lead.id.0) {
        0 => {
            let day = lead.created_on.at(0, 0, 0, 0).to_zoned_datetime(jiff::tz::TimeZone::UTC);
            day.map_or(0, |day| day.timestamp().as_millisecond())
        }
        millis => millis,
    }
}

/// The number of the next row. New rows are numbered before they are written: a statement that returns rows wakes the
/// thread that waits for each of them.
async fn next_number(conn: &mut SqliteConnection) -> Result<i64, StoreError> {
    let last = sqlx::query_scalar!(r#"SELECT ifnull(max(n), 0) AS "n!: i64" FROM lead_row"#).fetch_one(conn).await?;
    Ok(last + 1)
}

/// Takes a lead out of the list, the search and the match keys.
pub(crate) async fn remove(conn: &mut SqliteConnection, id: Uuid) -> Result<(), StoreError> {
    let id = id.as_bytes().as_slice();
    let row = sqlx::query!(r#"SELECT n AS "n!: i64", facet, match_keys FROM lead_row WHERE id = ?"#, id)
        .fetch_optional(&mut *conn)
        .await?;
    let Some(row) = row else { return Ok(()) };
    remove_keys(conn, row.n, &unpack(&row.match_keys)).await?;
    sqlx::query!("DELETE FROM lead_row WHERE n = ?", row.n).execute(&mut *conn).await?;
    forget_facets(conn, BTreeSet::from([row.facet])).await
}

/// Shows a person's name beside the rows that they own.
pub(crate) async fn name_owner(conn: &mut SqliteConnection, person: &[u8], name: &str) -> Result<(), StoreError> {
    sqlx::query!("UPDATE lead_row SET owner_name = ? WHERE owner = ? AND owner_name <> ?", name, person, name)
        .execute(conn)
        .await?;
    Ok(())
}

/// The names of those who own `leads`, by their ids.
async fn owner_names(conn: &mut SqliteConnection, leads: &[&Lead]) -> Result<HashMap<Vec<u8>, String>, StoreError> {
    let owners: BTreeSet<_> = leads.iter().filter_map(|lead| lead.owner).collect();
    let mut names = HashMap::with_capacity(owners.len());
    for owner in owners {
        let id = owner.0.as_bytes().to_vec();
        if let Some(name) =
            sqlx::query_scalar!("SELECT name FROM member WHERE person = ?", id).fetch_optional(&mut *conn).await?
        {
            names.insert(id, name);
        }
    }
    Ok(names)
}

async fn remove_keys(conn: &mut SqliteConnection, lead: i64, keys: &[i64]) -> Result<(), StoreError> {
    for key in keys {
        sqlx::query!("DELETE FROM lead_match_key WHERE key = ? AND lead = ?", key, lead).execute(&mut *conn).await?;
    }
    Ok(())
}

/// What a row was found by before it is written over.
struct OldRow {
    keys: Vec<i64>,
    facet: i64,
}

async fn old_rows(conn: &mut SqliteConnection, leads: &[&Lead]) -> Result<HashMap<Uuid, OldRow>, StoreError> {
    let marks = vec!["?"; leads.len()].join(", ");
    // Only question marks are put together here.
    let sql = format!("SELECT id, match_keys, facet FROM lead_row WHERE id IN ({marks})");
    let mut query = sqlx::query_as(AssertSqlSafe(sql));
    for lead in leads {
        query = query.bind(lead.id.0.as_bytes().to_vec());
    }
    let rows: Vec<(Vec<u8>, Vec<u8>, i64)> = query.fetch_all(conn).await?;
    rows.into_iter()
        .map(|(id, keys, facet)| Ok((crate::store::uuid_of("lead_row", &id)?, OldRow { keys: unpack(&keys), facet })))
        .collect()
}

fn unpack(keys: &[u8]) -> Vec<i64> {
    keys.as_chunks::<8>().0.iter().map(|key| i64::from_le_bytes(*key)).collect()
}

fn match_keys(lead: &Lead) -> Vec<i64> {
    MatchRecord::from(lead).keys().iter().map(hash_key).collect()
}

/// 64 bits of BLAKE3 over criterion and value: a rare collision costs one comparison more.
pub(super) fn hash_key(key: &BlockingKey) -> i64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key.criterion.name().as_bytes()).update(&[0]).update(key.value.as_bytes());
    hasher.finalize().as_bytes().first_chunk().map_or(0, |bytes| i64::from_le_bytes(*bytes))
}
