//! Items into packs that each fit a frame.

use zuc_protocol::Blob;
use zuc_protocol::identity::DeviceKeys;
use zuc_protocol::ids::CompanyId;
use zuc_protocol::manifest::MAX_PACKS;
use zuc_protocol::pack::{MAX_PACK_ITEMS, PackHeader, SealedPack};
use zuc_protocol::secret::EpochKey;

use crate::keys::{Entropy, random};

/// Bytes of items gathered for one pack: what identifies persons does not compress, and of it a pack may be full.
const GATHER: usize = 2 << 20;

/// Gathers items, in their order.
pub(super) struct Packer<'k> {
    entropy: &'k dyn Entropy,
    company: CompanyId,
    header: PackHeader,
    key: &'k EpochKey,
    keys: &'k DeviceKeys,
    gathered: Vec<u8>,
    /// Where each gathered item ends.
    ends: Vec<usize>,
    packs: Vec<Blob>,
    /// Something did not fit.
    too_large: bool,
}

impl<'k> Packer<'k> {
    pub(super) fn new(
        entropy: &'k dyn Entropy,
        company: CompanyId,
        header: PackHeader,
        key: &'k EpochKey,
        keys: &'k DeviceKeys,
    ) -> Self {
        let (gathered, ends, packs) = (Vec::new(), Vec::new(), Vec::new());
        Self { entropy, company, header, key, keys, gathered, ends, packs, too_large: false }
    }

    pub(super) fn add(&mut self, item: &[u8]) {
        if self.ends.len() == MAX_PACK_ITEMS || self.gathered.len() + item.len() > GATHER {
            self.seal();
        }
        self.gathered.extend_from_slice(item);
        self.ends.push(self.gathered.len());
    }

    /// The packs; `None` where an item fits none, or there would be too many.
    pub(super) fn finish(mut self) -> Option<Vec<Blob>> {
        self.seal();
        let fits = !self.too_large && (1..=MAX_PACKS).contains(&self.packs.len());
        fits.then_some(self.packs)
    }

    fn seal(&mut self) {
        let (items, ends) = (std::mem::take(&mut self.gathered), std::mem::take(&mut self.ends));
        if !ends.is_empty() {
            self.seal_parted(&items, &ends, 0);
        }
    }

    /// Seals items, which begin at `from` of what `ends` counts, in halves where they are too much for one frame.
    fn seal_parted(&mut self, items: &[u8], ends: &[usize], from: usize) {
        let nonce = random(self.entropy);
        let sealed = SealedPack::seal(self.company, self.header.clone(), items, self.key, self.keys, &nonce);
        match sealed {
            Ok(pack) => self.packs.push(Blob(pack.into_bytes())),
            Err(_) if ends.len() > 1 && self.packs.len() < MAX_PACKS => {
                let (first, second) = ends.split_at(ends.len() / 2);
                let middle = first.last().copied().unwrap_or(from);
                let (head, tail) = items.split_at(middle - from);
                self.seal_parted(head, first, from);
                self.seal_parted(tail, second, middle);
            }
            Err(_) => self.too_large = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Counter;
    use zuc_protocol::ids::{EpochId, LogId};
    use zuc_protocol::pack::{MAX_PACK, PackItem, items};
    use zuc_protocol::{Scope, suite};

    fn packed(texts: impl IntoIterator<Item = String>) -> Option<Vec<String>> {
        let (company, key) = (CompanyId([3; 16]), EpochKey::from_bytes([4; 32]));
        let keys = DeviceKeys::from_seeds(&[1; 32], &[2; 32]);
        let header = PackHeader {
            version: suite::VERSION,
            suite: suite::SUITE,
            scope: Scope::Catalog,
            epoch: EpochId([5; 16]),
            log: LogId([6; 16]),
            cursor: 1,
            author: keys.id(),
        };
        let entropy = Counter::default();
        let mut packer = Packer::new(&entropy, company, header, &key, &keys);
        for text in texts {
            packer.add(&PackItem::Event(text).to_bytes().unwrap());
        }
        let mut read = Vec::new();
        for pack in packer.finish()? {
            assert!(pack.len() <= MAX_PACK);
            let opened = SealedPack::parse(&pack.0).unwrap().open(company, &key).unwrap();
            for (item, _) in items(&opened).unwrap() {
                let PackItem::Event(text) = item else { panic!("only events were packed") };
                read.push(text);
            }
        }
        Some(read)
    }

    /// A text that does not compress.
    fn noise(seed: u64, length: usize) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        let mut bytes = vec![0; length / 2];
        hasher.finalize_xof().fill(&mut bytes);
        bytes.iter().map(|byte| char::from_u32(0x4e00 + u32::from(*byte)).unwrap()).collect()
    }

    #[test]
    fn what_does_not_compress_is_parted_until_it_fits_and_stays_in_order() {
        let texts: Vec<String> = (0..40).map(|seed| noise(seed, 60_000)).collect();
        assert_eq!(packed(texts.clone()).unwrap(), texts);
        let few: Vec<String> = (0..3_000).map(|number| format!("suceso {number}")).collect();
        assert_eq!(packed(few.clone()).unwrap(), few);
    }

    #[test]
    fn an_item_that_fits_no_pack_makes_no_snapshot() {
        assert_eq!(packed([noise(1, 3_000_000)]), None);
        assert_eq!(packed([]), None);
    }
}
