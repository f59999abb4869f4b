//! Appending: judged in memory, written in one statement a table.
//!
//! The transaction has the company alone, so what is read once holds until the commit; a push of a hundred entries
//! is a handful of questions to the server instead of hundreds.

use std::collections::{HashMap, hash_map};

use sqlx::PgConnection;
use zuc_protocol::{chain, envelope};
use zuc_relay_store::{
    AppendOutcome, BatchHash, ChainHash, CompanyId, DeviceId, LogHead, LogKind, NewEntry, RelayFact, Scope, StoreError,
};

use crate::{
    control, log,
    row::{batch_hash, count, db, hash, int, scope_number},
};

/// What an append has read and will write.
pub(crate) struct Appending {
    company: CompanyId,
    heads: HashMap<Scope, LogHead>,
    /// An author's last number and hash in a scope.
    last: HashMap<(DeviceId, Scope), (u64, BatchHash)>,
    /// The newest control record that an author has named, and whether this append made it so.
    named: HashMap<DeviceId, (Option<i64>, bool)>,
    rows: Vec<NewRow>,
    /// What an author had seen of the control log never goes back, but for batches of an earlier log.
    seen_grows: bool,
}

struct NewRow {
    scope: Scope,
    head: LogHead,
    kind: LogKind,
    bytes: Vec<u8>,
    /// Author, number and hash of a batch; none of a fact.
    batch: Option<(DeviceId, u64, BatchHash)>,
}

impl Appending {
    pub(crate) fn new(company: CompanyId) -> Self {
        Self {
            company,
            heads: HashMap::new(),
            last: HashMap::new(),
            named: HashMap::new(),
            rows: Vec::new(),
            seen_grows: true,
        }
    }

    /// The same, for batches of an earlier log, which come back scope by scope.
    pub(crate) fn of_earlier_log(company: CompanyId) -> Self {
        Self { seen_grows: false, ..Self::new(company) }
    }

    /// Judges one entry after those before it.
    pub(crate) async fn batch(
        &mut self,
        connection: &mut PgConnection,
        entry: NewEntry,
    ) -> Result<AppendOutcome, StoreError> {
        let NewEntry { scope, author, number, .. } = entry;
        let (last, last_hash) = self.last(connection, author, scope).await?;
        if number <= last {
            let known = self.known(connection, author, scope, number).await?;
            return Ok(known.unwrap_or(AppendOutcome::OutOfOrder { last, last_hash }));
        }
        if number != last + 1 || entry.previous != last_hash {
            return Ok(AppendOutcome::OutOfOrder { last, last_hash });
        }
        let control_seq = int(entry.control_seq);
        let newest = self.named(connection, author).await?;
        let is_older = newest.is_some_and(|newest| newest > control_seq);
        if is_older && self.seen_grows {
            return Ok(AppendOutcome::ControlHeadOld);
        }
        if !is_older && newest != Some(control_seq) {
            self.named.insert(author, (Some(control_seq), true));
        }
        let batch = Some((author, number, entry.hash));
        let LogHead { seq, chain } = self.push(connection, scope, LogKind::Batch, entry.bytes, batch).await?;
        self.last.insert((author, scope), (number, entry.hash));
        Ok(AppendOutcome::Appended { seq, chain })
    }

    /// Takes in a fact of the relay's own.
    pub(crate) async fn fact(&mut self, connection: &mut PgConnection, fact: RelayFact) -> Result<(), StoreError> {
        control::require_head(connection, self.company, &fact.control_head).await?;
        self.push(connection, fact.scope, LogKind::RelayFact, fact.bytes, None).await?;
        Ok(())
    }

    /// Whether a fact stands.
    pub(crate) async fn has_fact(&self, connection: &mut PgConnection, fact: &RelayFact) -> Result<bool, StoreError> {
        if self.rows.iter().any(|row| row.batch.is_none() && row.scope == fact.scope && row.bytes == fact.bytes) {
            return Ok(true);
        }
        sqlx::query_scalar(
            "SELECT EXISTS (
                 SELECT 1 FROM entry WHERE company = $1 AND scope = $2 AND hash = $3 AND author IS NULL)",
        )
        .bind(&self.company.0[..])
        .bind(scope_number(fact.scope))
        .bind(&envelope::batch_hash(&fact.bytes).0[..])
        .fetch_one(connection)
        .await
        .map_err(db)
    }

    async fn push(
        &mut self,
        connection: &mut PgConnection,
        scope: Scope,
        kind: LogKind,
        bytes: Vec<u8>,
        batch: Option<(DeviceId, u64, BatchHash)>,
    ) -> Result<LogHead, StoreError> {
        let before = match self.heads.get(&scope) {
            Some(head) => *head,
            None => log::head(connection, self.company, scope).await?,
        };
        let head = LogHead { seq: before.seq + 1, chain: chain::next(before.chain, kind, &bytes) };
        self.heads.insert(scope, head);
        self.rows.push(NewRow { scope, head, kind, bytes, batch });
        Ok(head)
    }

    async fn last(
        &mut self,
        connection: &mut PgConnection,
        author: DeviceId,
        scope: Scope,
    ) -> Result<(u64, BatchHash), StoreError> {
        let slot = match self.last.entry((author, scope)) {
            hash_map::Entry::Occupied(known) => return Ok(*known.get()),
            hash_map::Entry::Vacant(slot) => slot,
        };
        let row: Option<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT number, hash FROM entry WHERE company = $1 AND author = $2 AND scope = $3
             ORDER BY number DESC LIMIT 1",
        )
        .bind(&self.company.0[..])
        .bind(&author.0[..])
        .bind(scope_number(scope))
        .fetch_optional(connection)
        .await
        .map_err(db)?;
        Ok(*slot.insert(match row {
            Some((number, digest)) => (count(number, "entry", "number")?, batch_hash(&digest, "entry", "hash")?),
            None => (0, BatchHash::NONE),
        }))
    }

    async fn named(&mut self, connection: &mut PgConnection, author: DeviceId) -> Result<Option<i64>, StoreError> {
        if let Some((newest, _)) = self.named.get(&author) {
            return Ok(*newest);
        }
        let newest = sqlx::query_scalar("SELECT control_seq FROM author WHERE company = $1 AND device = $2")
            .bind(&self.company.0[..])
            .bind(&author.0[..])
            .fetch_optional(connection)
            .await
            .map_err(db)?;
        self.named.insert(author, (newest, false));
        Ok(newest)
    }

    async fn known(
        &self,
        connection: &mut PgConnection,
        author: DeviceId,
        scope: Scope,
        number: u64,
    ) -> Result<Option<AppendOutcome>, StoreError> {
        let here = self.rows.iter().find_map(|row| {
            let (by, its_number, hash) = row.batch?;
            let same = row.scope == scope && by == author && its_number == number;
            same.then_some(AppendOutcome::Known { seq: row.head.seq, hash, chain: row.head.chain })
        });
        if here.is_some() {
            return Ok(here);
        }
        let row: Option<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT seq, hash, chain FROM entry WHERE company = $1 AND author = $2 AND scope = $3 AND number = $4",
        )
        .bind(&self.company.0[..])
        .bind(&author.0[..])
        .bind(scope_number(scope))
        .bind(int(number))
        .fetch_optional(connection)
        .await
        .map_err(db)?;
        row.map(|(seq, digest, chain)| {
            Ok(AppendOutcome::Known {
                seq: count(seq, "entry", "seq")?,
                hash: batch_hash(&digest, "entry", "hash")?,
                chain: ChainHash(hash(&chain, "entry", "chain")?),
            })
        })
        .transpose()
    }

    /// Writes what was taken in; the caller commits.
    pub(crate) async fn write(self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let scopes: Vec<i64> = self.rows.iter().map(|row| scope_number(row.scope)).collect();
        let seqs: Vec<i64> = self.rows.iter().map(|row| int(row.head.seq)).collect();
        let kinds: Vec<i16> = self.rows.iter().map(|row| i16::from(row.kind.number())).collect();
        let chains: Vec<&[u8]> = self.rows.iter().map(|row| &row.head.chain.0[..]).collect();
        let bytes: Vec<&[u8]> = self.rows.iter().map(|row| &row.bytes[..]).collect();
        let batches = || self.rows.iter().map(|row| row.batch.as_ref());
        let authors: Vec<Option<&[u8]>> = batches().map(|batch| batch.map(|(author, ..)| &author.0[..])).collect();
        let numbers: Vec<Option<i64>> = batches().map(|batch| batch.map(|(_, number, _)| int(*number))).collect();
        let hash = |row: &NewRow| row.batch.map_or_else(|| envelope::batch_hash(&row.bytes), |(.., hash)| hash);
        let hashes: Vec<Vec<u8>> = self.rows.iter().map(|row| hash(row).0.to_vec()).collect();
        sqlx::query(
            "INSERT INTO entry (company, scope, seq, kind, chain, bytes, at_ms, author, number, hash)
             SELECT $1, scope, seq, kind, chain, bytes, now_ms(), author, number, hash
             FROM unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::bytea[], $6::bytea[], $7::bytea[],
                         $8::bigint[], $9::bytea[]) AS new (scope, seq, kind, chain, bytes, author, number, hash)",
        )
        .bind(&self.company.0[..])
        .bind(scopes)
        .bind(seqs)
        .bind(kinds)
        .bind(chains)
        .bind(bytes)
        .bind(authors)
        .bind(numbers)
        .bind(hashes)
        .execute(&mut *connection)
        .await
        .map_err(db)?;
        self.write_heads(connection).await
    }

    async fn write_heads(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let (scopes, heads): (Vec<i64>, Vec<&LogHead>) =
            self.heads.iter().map(|(scope, head)| (scope_number(*scope), head)).unzip();
        let (seqs, chains): (Vec<i64>, Vec<&[u8]>) =
            heads.into_iter().map(|head| (int(head.seq), &head.chain.0[..])).unzip();
        sqlx::query(
            "INSERT INTO scope_head (company, scope, seq, chain)
             SELECT $1, scope, seq, chain FROM unnest($2::bigint[], $3::bigint[], $4::bytea[]) AS new (scope, seq, chain)
             ON CONFLICT (company, scope) DO UPDATE SET seq = excluded.seq, chain = excluded.chain",
        )
        .bind(&self.company.0[..])
        .bind(scopes)
        .bind(seqs)
        .bind(chains)
        .execute(&mut *connection)
        .await
        .map_err(db)?;
        let moved = self
            .named
            .iter()
            .filter_map(|(device, (newest, moved))| newest.filter(|_| *moved).map(|newest| (&device.0[..], newest)));
        let (devices, newest): (Vec<&[u8]>, Vec<i64>) = moved.unzip();
        if devices.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO author (company, device, control_seq)
             SELECT $1, device, control_seq FROM unnest($2::bytea[], $3::bigint[]) AS new (device, control_seq)
             ON CONFLICT (company, device) DO UPDATE SET control_seq = excluded.control_seq",
        )
        .bind(&self.company.0[..])
        .bind(devices)
        .bind(newest)
        .execute(connection)
        .await
        .map_err(db)?;
        Ok(())
    }
}

/// Appends a fact of the relay's own, in the transaction of what makes it true.
pub(crate) async fn append_fact(
    connection: &mut PgConnection,
    company: CompanyId,
    fact: RelayFact,
) -> Result<(), StoreError> {
    let mut appending = Appending::new(company);
    appending.fact(connection, fact).await?;
    appending.write(connection).await
}
