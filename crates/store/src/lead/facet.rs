//! What the list filters on, once for each combination that occurs: a row holds its number.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use zuc_domain::lead::Lead;

use crate::StoreError;

/// A combination; `owner` is empty where nobody owns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Facet {
    pub(super) state: &'static str,
    pub(super) owner: Vec<u8>,
    pub(super) band: &'static str,
    pub(super) source: String,
}

impl Facet {
    pub(super) fn of(lead: &Lead) -> Self {
        Self {
            state: lead.folded().state().name(),
            owner: lead.owner.map(|owner| owner.0.as_bytes().to_vec()).unwrap_or_default(),
            band: lead.score.as_ref().map_or("", |score| score.band().name()),
            source: lead.source.clone(),
        }
    }
}

/// The numbers of the combinations of `leads`; those that have none yet get one.
pub(super) async fn name_facets(
    conn: &mut SqliteConnection,
    leads: &[&Lead],
) -> Result<BTreeMap<Facet, i64>, StoreError> {
    let facets: BTreeSet<Facet> = leads.iter().map(|lead| Facet::of(lead)).collect();
    let mut query = QueryBuilder::<Sqlite>::new("INSERT OR IGNORE INTO lead_facet (state, owner, band, source) ");
    query.push_values(&facets, |mut row, facet| {
        row.push_bind(facet.state).push_bind(facet.owner.clone()).push_bind(facet.band).push_bind(&facet.source);
    });
    query.build().execute(&mut *conn).await?;
    let mut numbers = BTreeMap::new();
    for facet in facets {
        let number = sqlx::query_scalar!(
            "SELECT n FROM lead_facet WHERE state = ? AND owner = ? AND band = ? AND source = ?",
            facet.state,
            facet.owner,
            facet.band,
            facet.source,
        )
        .fetch_one(&mut *conn)
        .await?;
        numbers.insert(facet, number);
    }
    Ok(numbers)
}

/// Takes away those of `numbers` that no lead has any more: a source may name somebody who was deleted.
pub(super) async fn forget_facets(conn: &mut SqliteConnection, numbers: BTreeSet<i64>) -> Result<(), StoreError> {
    for number in numbers {
        sqlx::query!(
            "DELETE FROM lead_facet WHERE n = ?1 AND NOT EXISTS (SELECT 1 FROM lead_total WHERE facet = ?1)",
            number
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}
