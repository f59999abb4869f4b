//! The lead's life, from capture to conversion and back.

use jiff::civil::date;
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use super::duplicates::MatchScore;
use super::score::rule_score;
use super::*;
use crate::shared::{Act, ActivityId, Currency, CustomerId, DeviceId, DomainEvent, Hlc, OpportunityId};

const SCOPE: Scope = Scope::Sales(1);
const ANA: PersonId = PersonId(Uuid::from_u128(1));
const LUIS: PersonId = PersonId(Uuid::from_u128(2));

fn act(number: u128, by: PersonId) -> Act {
    let at = Timestamp::from_second(1_795_500_000 + i64::try_from(number).unwrap()).unwrap();
    Act {
        transition: TransitionId(Uuid::from_u128(number)),
        hlc: Hlc { millis: at.as_millisecond(), counter: 0, device: DeviceId(by.0) },
        by,
        at,
        today: date(2026, 11, 24),
    }
}

fn new_lead(number: u128) -> NewLead {
    NewLead {
        full_name: Some("  Íñigo   García ".to_owned()),
        company: Some("Logística Regiomontana 67".to_owned()),
        email: "inigo@logistica.mx".parse().ok(),
        ..NewLead::new(LeadId(Uuid::from_u128(number)), SCOPE, "WhatsApp", date(2026, 11, 20))
    }
}

fn captured(number: u128) -> Lead {
    Lead::from_created(&Lead::create(new_lead(number), &act(1, ANA)).unwrap()).unwrap()
}

fn touch(lead: &Lead, kind: ActivityKind) -> Activity {
    Activity {
        id: ActivityId(Uuid::from_u128(77)),
        scope: SCOPE,
        subject: ActivitySubject::Lead(lead.id),
        kind,
        direction: Direction::Outbound,
        at: act(2, ANA).at,
        text: "Llamada".to_owned(),
        by: ANA,
    }
}

fn working() -> Lead {
    let mut lead = captured(5);
    for event in lead.log_contact(&touch(&lead, ActivityKind::Call), &act(2, ANA)).unwrap() {
        lead.apply(&event);
    }
    lead
}

const NEED_AND_BUDGET: Criteria = Criteria { budget: true, authority: false, need: true, timeline: false };

fn qualified() -> Lead {
    let mut lead = working();
    let event = lead.qualify(NEED_AND_BUDGET, None, None, &act(3, ANA)).unwrap();
    lead.apply(&event);
    lead
}

#[test]
fn a_lead_needs_a_name_or_a_company() {
    let nameless = NewLead { full_name: Some("  ".to_owned()), company: None, ..new_lead(5) };
    assert_eq!(Lead::create(nameless, &act(1, ANA)).unwrap_err().code(), "lead.no_name_no_company");
    let lead = captured(5);
    assert_eq!((lead.display_name(), lead.state()), ("Íñigo García", LeadState::New));
}

#[test]
fn a_lead_captured_with_its_owner_is_assigned() {
    let owned = NewLead { owner: Some(ANA), ..new_lead(5) };
    let lead = Lead::from_created(&Lead::create(owned, &act(1, ANA)).unwrap()).unwrap();
    assert_eq!((lead.state(), lead.owner), (LeadState::Assigned, Some(ANA)));
}

#[test]
fn the_first_touch_claims_a_lead_of_nobody_and_starts_the_work() {
    let lead = captured(5);
    let events = lead.log_contact(&touch(&lead, ActivityKind::Call), &act(2, ANA)).unwrap();
    let names: Vec<_> = events.iter().map(DomainEvent::event_type).collect();
    assert_eq!(names, ["Lead.Assigned", "Lead.Contacted"]);
    let lead = working();
    assert_eq!(
        (lead.state(), lead.owner, lead.first_contact_at),
        (LeadState::Working, Some(ANA), Some(act(2, ANA).at))
    );
    assert_eq!(events[1].data()["slaStatus"], "fulfilled");
}

#[test]
fn a_note_touches_nobody() {
    let lead = captured(5);
    let events = lead.log_contact(&touch(&lead, ActivityKind::Note), &act(2, ANA)).unwrap();
    assert!(matches!(events.as_slice(), [LeadEvent::Contacted { transition: None, first_response_seconds: None, .. }]));
}

#[test]
fn an_activity_of_another_record_is_refused() {
    let other = touch(&captured(6), ActivityKind::Call);
    assert_eq!(captured(5).log_contact(&other, &act(2, ANA)), Err(LeadError::ForeignActivity));
}

#[test]
fn the_gate_names_what_is_missing() {
    let lead = Lead { email: None, ..working() };
    let error = lead.qualify(Criteria::default(), None, None, &act(3, ANA)).unwrap_err();
    assert_eq!(error, LeadError::GateNotPassed { missing: vec!["contact", "need", "budget_authority_or_timeline"] });
    let without_reason = Criteria { need: true, ..Criteria::default() };
    assert!(working().qualify(without_reason, None, None, &act(3, ANA)).is_err());
}

#[test]
fn a_new_lead_is_not_qualified_in_one_leap() {
    let error = captured(5).qualify(NEED_AND_BUDGET, None, None, &act(3, ANA)).unwrap_err();
    assert_eq!(error, LeadError::NoSuchStep { from: LeadState::New, to: LeadState::Qualified });
}

#[test]
fn qualifying_takes_over_the_expected_amount() {
    let mut lead = working();
    let amount = Money::try_new(Decimal::from(9_000), Currency::Mxn).ok();
    let event = lead.qualify(NEED_AND_BUDGET, amount, Some(date(2026, 12, 31)), &act(3, ANA)).unwrap();
    lead.apply(&event);
    assert_eq!((lead.state(), lead.estimated_amount), (LeadState::Qualified, amount));
    assert_eq!(event.data()["expectedAmount"], json!({ "value": "9000", "currency": "MXN" }));
}

#[test]
fn the_reason_other_needs_a_note_and_nurturing_a_day_to_come() {
    let lead = working();
    let ask = |disposition, reason, note, until| lead.disqualify(disposition, reason, note, until, &act(4, ANA));
    let other = ask(Disposition::Rejected, DisqualifyReason::Other, Some(" "), None);
    assert_eq!(other, Err(LeadError::NoteMissing));
    let today = ask(Disposition::Nurture, DisqualifyReason::Timing, None, Some(date(2026, 11, 24)));
    assert_eq!(today, Err(LeadError::NurtureDayMissing));
    let mut resting = lead.clone();
    resting.apply(&ask(Disposition::Nurture, DisqualifyReason::Timing, None, Some(date(2027, 1, 8))).unwrap());
    assert_eq!((resting.state(), resting.nurture_until), (LeadState::Nurturing, Some(date(2027, 1, 8))));
}

#[test]
fn an_edit_keeps_what_was_there_and_refuses_to_change_nothing() {
    let mut lead = captured(5);
    let edit = lead.edit(LeadField::City(Some(" San   Pedro ".to_owned()))).unwrap();
    assert_eq!((&edit.old, edit.new.name()), (&LeadField::City(None), "city"));
    lead.apply_edit(&edit);
    assert_eq!(lead.city.as_deref(), Some("San Pedro"));
    assert_eq!(lead.edit(LeadField::City(Some("San Pedro".to_owned()))), Err(LeadError::Unchanged));
    lead.apply_edit(&lead.edit(LeadField::FullName(None)).unwrap());
    assert_eq!(lead.edit(LeadField::Company(Some(" ".to_owned()))), Err(LeadError::NoNameNoCompany));
}

#[test]
fn a_score_is_told_when_the_band_changes_or_five_points_move() {
    let mut lead = captured(5);
    let base = rule_score(ScoreInputs::from(&lead));
    let first = lead.rescore(base.clone()).unwrap();
    lead.apply(&first);
    assert_eq!(lead.rescore(base.clone()), None);
    assert_eq!(lead.rescore(LeadScore { score: 54, ..base.clone() }), None);
    assert!(lead.rescore(LeadScore { score: 55, ..base.clone() }).is_some());
    lead.score = Some(LeadScore { score: 58, ..base.clone() });
    let event = lead.rescore(LeadScore { score: 60, ..base }).unwrap();
    assert_eq!((&event.data()["band"], &event.data()["previousScore"]), (&json!("B"), &json!(58)));
}

#[test]
fn two_devices_that_convert_one_lead_offline_make_the_same_records() {
    let lead = qualified();
    let plan = ConversionPlan { opportunity: Some(Target::New), ..ConversionPlan::default() };
    let ana = lead.convert(&plan, &act(10, ANA)).unwrap();
    let luis = lead.convert(&plan, &act(11, LUIS)).unwrap();
    assert_eq!(ana.data(), luis.data());
    let (mut here, mut there) = (lead.clone(), lead);
    here.apply(&ana);
    here.apply(&luis);
    there.apply(&luis);
    there.apply(&ana);
    assert_eq!(here, there);
    assert_eq!(here.state(), LeadState::Converted);
    assert_eq!(here.folded().losers, vec![]);
}

#[test]
fn a_conversion_takes_existing_records_as_they_are() {
    let customer = CustomerId(Uuid::from_u128(40));
    let plan = ConversionPlan { customer: Target::Existing(customer), ..ConversionPlan::default() };
    let conversion = Conversion::derive(SCOPE, LeadId(Uuid::from_u128(5)), &plan);
    assert_eq!((conversion.customer, conversion.created_new.customer), (customer, false));
    assert_eq!((conversion.opportunity, conversion.created_new.contact), (None::<OpportunityId>, true));
}

#[test]
fn a_converted_lead_is_read_only() {
    let mut lead = qualified();
    lead.apply(&lead.convert(&ConversionPlan::default(), &act(10, ANA)).unwrap());
    assert_eq!(lead.edit(LeadField::Notes("x".to_owned())), Err(LeadError::Converted));
    assert_eq!(lead.convert(&ConversionPlan::default(), &act(11, ANA)), Err(LeadError::Converted));
    let conversion = lead.converted.clone().unwrap();
    assert_eq!(lead.mark_converted(conversion, &act(12, ANA)), Ok(None), "the saga's step finds it done");
}

#[test]
fn the_saga_takes_a_conversion_back_even_against_one_it_did_not_see() {
    let lead = qualified();
    let plan = ConversionPlan::default();
    let (ana, luis) = (lead.convert(&plan, &act(10, ANA)).unwrap(), lead.convert(&plan, &act(99, LUIS)).unwrap());
    let mut here = lead;
    assert_eq!(here.revert_conversion("x", &act(20, ANA)), Err(LeadError::NotConverted));
    here.apply(&ana);
    let back = here.revert_conversion("invoice refused", &act(20, ANA)).unwrap();
    here.apply_reversion(&back);
    assert_eq!((here.state(), &here.converted), (LeadState::Qualified, &None));
    here.apply(&luis);
    assert_eq!(here.state(), LeadState::Qualified);
}

#[test]
fn a_merge_unites_and_fills_what_the_survivor_lacks() {
    let survivor = Lead { industry: None, ..captured(5) };
    let other = Lead {
        email: "compras@logistica.mx".parse().ok(),
        phone: "5532782371".parse().ok(),
        industry: Some("Transporte".to_owned()),
        city: Some("Monterrey".to_owned()),
        tags: BTreeSet::from(["expo".to_owned()]),
        ..captured(6)
    };
    let choices = BTreeMap::from([("email".to_owned(), other.id), ("city".to_owned(), survivor.id)]);
    let token = Uuid::from_u128(900);
    let event = survivor.merge(std::slice::from_ref(&other), &choices, vec![], MatchScore(9_500), token).unwrap();
    let (mut kept, mut alias) = (survivor.clone(), other);
    kept.apply(&event);
    alias.apply(&event);
    assert_eq!(kept.email, "compras@logistica.mx".parse().ok());
    assert_eq!(kept.other_emails, BTreeSet::from(["inigo@logistica.mx".parse().unwrap()]));
    assert_eq!((kept.industry.as_deref(), kept.phone), (Some("Transporte"), "5532782371".parse().ok()));
    assert_eq!(kept.city, None, "the survivor's blank was chosen on purpose");
    assert!(kept.tags.contains("expo"));
    assert_eq!(event.data()["score"], "0.9500");
    assert_eq!(alias.merged_into, Some(survivor.id));
    assert_eq!(alias.edit(LeadField::Notes("x".to_owned())), Err(LeadError::Merged { survivor: survivor.id }));
}

#[test]
fn a_lead_is_not_merged_with_itself_or_across_teams() {
    let lead = captured(5);
    let elsewhere = Lead { scope: Scope::Sales(2), ..captured(6) };
    for others in [vec![], vec![lead.clone()], vec![elsewhere]] {
        let refused = lead.merge(&others, &BTreeMap::new(), vec![], MatchScore(0), Uuid::nil());
        assert_eq!(refused, Err(LeadError::NotMergeable));
    }
}

#[test]
fn what_is_not_known_is_not_written_into_an_event() {
    let event = Lead::create(new_lead(5), &act(1, ANA)).unwrap();
    let data = event.data();
    assert_eq!(data["email"], "inigo@logistica.mx");
    assert_eq!(data["duplicateCandidates"], json!([]));
    assert!(data.get("phone").is_none() && data.get("rfc").is_none());
    assert_eq!(event.subject(), Uuid::from_u128(5));
}
