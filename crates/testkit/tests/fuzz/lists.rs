//! Lists that people import.

use zuc_app::import::{Table, products};
use zuc_sample::{LeadList, ListSpec, ProductList};

use crate::never_panics;

#[test]
fn lists_of_leads_and_prices() {
    let mut kept: Vec<Vec<u8>> = (1..6).map(|seed| LeadList::generate(&ListSpec::new(seed, 6)).to_bytes()).collect();
    kept.push(ProductList::generate(3, 6).to_csv());
    never_panics(&kept, |bytes| {
        let _ = Table::read(bytes);
        let _ = products::read(bytes);
    });
}
