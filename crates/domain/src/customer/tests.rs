//! Customers and contracts.

use jiff::Timestamp;
use jiff::civil::date;
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::shared::{ContractId, DeviceId, DomainEvent, Hlc, Money, ProposalId};

fn act(number: u128) -> Act {
    let at = Timestamp::from_second(1_795_500_000).unwrap();
    Act {
        transition: TransitionId(Uuid::from_u128(number)),
        hlc: Hlc {
            millis: at.as_millisecond(),
            counter: u16::try_from(number).unwrap(),
            device: DeviceId(Uuid::from_u128(1)),
        },
        by: PersonId(Uuid::from_u128(1)),
        at,
        today: date(2026, 11, 24),
    }
}

fn customer() -> Customer {
    let new = NewCustomer {
        id: CustomerId(Uuid::from_u128(4)),
        scope: Scope::Sales(1),
        legal_name: "Escuela  Kemper Urgate, S.A. de C.V.".to_owned(),
        trade_name: Some(" ".to_owned()),
        rfc: None,
        kind: CustomerKind::Moral,
        owner: PersonId(Uuid::from_u128(1)),
        currency: Currency::Mxn,
        source: "Expo".to_owned(),
        lead: None,
    };
    Customer::from_created(&Customer::create(new).unwrap()).unwrap()
}

fn contact(number: u128) -> Contact {
    Contact {
        id: ContactId(Uuid::from_u128(number)),
        name: format!("Contacto {number}"),
        role: None,
        is_primary: false,
        email: None,
        phone: None,
        decision_power: DecisionPower::Unknown,
        opposed_at: None,
        consent: None,
    }
}

fn profile() -> FiscalProfile {
    FiscalProfile {
        rfc: "EKU9003173C9".parse().unwrap(),
        legal_name: "Escuela Kemper Urgate, S.A. de C.V.".to_owned(),
        regimen_fiscal: " 601".to_owned(),
        domicilio_cp: "42501".parse().unwrap(),
        uso_cfdi_default: "g03".to_owned(),
        evidence: ProfileEvidence::Csf,
        status: ProfileStatus::Unchecked,
    }
}

#[test]
fn the_fiscal_name_loses_its_company_type_and_the_legal_name_keeps_it() {
    let mut customer = customer();
    let event = customer.set_fiscal_profile(profile()).unwrap();
    assert_eq!(event.data()["legalName"], "ESCUELA KEMPER URGATE");
    assert_eq!((&event.data()["usoCfdiDefault"], &event.data()["regimenFiscal"]), (&json!("G03"), &json!("601")));
    customer.apply(&event);
    assert_eq!(customer.display_name(), "Escuela Kemper Urgate, S.A. de C.V.");
    assert_eq!(customer.rfc, "EKU9003173C9".parse().ok());
    assert_eq!(customer.set_fiscal_profile(profile()), Err(CustomerError::Unchanged));
}

#[test]
fn there_is_one_primary_contact_and_the_first_is_it() {
    let mut customer = customer();
    for new in [contact(1), contact(2), Contact { is_primary: true, ..contact(3) }] {
        let event = customer.add_contact(new).unwrap();
        customer.apply(&event);
    }
    let primary: Vec<u128> =
        customer.contacts.values().filter(|contact| contact.is_primary).map(|contact| contact.id.0.as_u128()).collect();
    assert_eq!(primary, [3]);
}

#[test]
fn a_customer_holds_fifty_contacts() {
    let mut customer = customer();
    for number in 0..50 {
        let event = customer.add_contact(contact(number)).unwrap();
        customer.apply(&event);
    }
    assert_eq!(customer.add_contact(contact(50)), Err(CustomerError::TooManyContacts));
    assert!(customer.add_contact(contact(7)).is_ok(), "changing one that is there");
}

#[test]
fn an_archived_customer_is_read_only() {
    let mut customer = customer();
    let active = customer.activate(&act(1)).unwrap().unwrap();
    customer.apply_transition(&active);
    assert_eq!((customer.state(), customer.activate(&act(2)).unwrap()), (CustomerState::Active, None));
    let archived = customer.archive("saga", &act(3)).unwrap();
    customer.apply_transition(&archived);
    assert_eq!(customer.archive("saga", &act(4)), Err(CustomerError::Archived));
    assert_eq!(customer.set_fiscal_profile(profile()), Err(CustomerError::Archived));
}

fn contract() -> Contract {
    let money = |amount: &str| Money::try_new(amount.parse().unwrap(), Currency::Mxn).unwrap();
    Contract {
        id: Contract::id_for(Scope::Sales(1), ProposalId(Uuid::from_u128(9))),
        scope: Scope::Sales(1),
        customer: CustomerId(Uuid::from_u128(4)),
        proposal: Some(ProposalId(Uuid::from_u128(9))),
        value: money("12000"),
        mrr: money("83.333333"),
        start: date(2026, 11, 24),
        end: date(2027, 11, 23),
        auto_renew: true,
        notice_days: 30,
        document_hash: "hash".to_owned(),
        transitions: BTreeMap::new(),
    }
}

#[test]
fn a_yearly_price_is_its_own_arr() {
    assert_eq!(contract().arr().unwrap().amount(), Decimal::from(1_000));
}

#[test]
fn a_contract_runs_from_its_first_day_until_it_is_ended() {
    let early = Contract { start: date(2026, 11, 25), ..contract() };
    assert_eq!(early.activate(&act(1)), Err(ContractError::NotStarted { start: date(2026, 11, 25) }));
    let mut contract = Contract::try_new(contract()).unwrap();
    let event = contract.activate(&act(1)).unwrap();
    assert_eq!((event.event_type(), &event.data()["mrr"]["value"]), ("Contract.Activated", &json!("83.333333")));
    contract.apply(&event);
    assert_eq!(contract.activate(&act(2)).unwrap_err().code(), "contract.no_such_step");
    let ended = contract.terminate("saga", &act(3)).unwrap();
    contract.apply_transition(&ended);
    assert_eq!((contract.state(), contract.terminate("saga", &act(4)).is_err()), (ContractState::Terminated, true));
}

#[test]
fn a_contract_is_bound_to_what_was_signed_and_to_one_currency() {
    let usd = Money::zero(Currency::Usd);
    let bad = [
        (Contract { end: date(2026, 11, 23), ..contract() }, "contract.ends_before_it_starts"),
        (Contract { mrr: usd, ..contract() }, "contract.two_currencies"),
        (Contract { document_hash: String::new(), ..contract() }, "contract.nothing_signed"),
    ];
    for (contract, code) in bad {
        assert_eq!(Contract::try_new(contract).unwrap_err().code(), code);
    }
    assert_eq!(contract().id, Contract::id_for(Scope::Sales(1), ProposalId(Uuid::from_u128(9))));
    assert_ne!(contract().id, ContractId::derive(Scope::Sales(2), ProposalId(Uuid::from_u128(9)), "contract"));
}
