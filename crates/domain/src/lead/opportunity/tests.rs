//! The pipeline.

use jiff::civil::date;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::shared::{Currency, DeviceId, DomainEvent, Hlc};

const DAY: i64 = 86_400;

fn act(number: u128, day: i64) -> Act {
    let at = Timestamp::from_second(1_795_500_000 + day * DAY).unwrap();
    Act {
        transition: TransitionId(Uuid::from_u128(number)),
        hlc: Hlc { millis: at.as_millisecond(), counter: 0, device: DeviceId(Uuid::from_u128(1)) },
        by: PersonId(Uuid::from_u128(1)),
        at,
        today: date(2026, 11, 24).saturating_add(jiff::Span::new().days(day)),
    }
}

fn deal() -> Opportunity {
    let new = NewOpportunity {
        id: OpportunityId(Uuid::from_u128(3)),
        scope: Scope::Sales(1),
        customer: CustomerId(Uuid::from_u128(4)),
        lead: None,
        name: " Línea   de empaque ".to_owned(),
        amount: Money::try_new(Decimal::from(100_000), Currency::Mxn).unwrap(),
        mrr: None,
        stage: Stage::Propuesta,
        expected_close: date(2026, 12, 31),
        owner: PersonId(Uuid::from_u128(1)),
        created_at: act(1, 0).at,
    };
    Opportunity::from_created(&Opportunity::create(new, &act(1, 0)).unwrap()).unwrap()
}

#[test]
fn a_deal_opens_in_its_stage_with_the_stages_probability() {
    let deal = deal();
    assert_eq!((deal.stage(), deal.probability, deal.name.as_str()), (Stage::Propuesta, 50, "Línea de empaque"));
    assert_eq!(deal.weighted_mxn(Decimal::ONE), Decimal::from(50_000));
}

#[test]
fn a_move_tells_how_long_the_deal_stood_and_whether_it_went_back() {
    let mut deal = deal();
    let event = deal.move_to(Stage::Negociacion, false, &act(2, 3)).unwrap();
    assert_eq!(event.data()["dwellSeconds"], json!(3 * DAY));
    assert_eq!((&event.data()["isRegression"], &event.data()["probability"]), (&json!(false), &json!(75)));
    deal.apply(&event, act(2, 3).at);
    assert_eq!((deal.probability, deal.stage_entered_at), (75, act(2, 3).at));
    let back = deal.move_to(Stage::Calificacion, false, &act(3, 4)).unwrap();
    assert_eq!(back.data()["isRegression"], json!(true));
    assert_eq!(
        deal.move_to(Stage::Negociacion, false, &act(3, 4)),
        Err(OpportunityError::SameStage(Stage::Negociacion))
    );
}

#[test]
fn winning_sets_the_closing_day_once() {
    let mut deal = deal();
    let won = deal.win(None, Decimal::ONE, &act(2, 10)).unwrap();
    assert_eq!((&won.data()["cycleDays"], &won.data()["closedAt"]), (&json!(10), &json!("2026-12-04")));
    deal.apply(&won, act(2, 10).at);
    assert_eq!((deal.stage(), deal.probability, deal.closed_on), (Stage::Ganada, 100, Some(date(2026, 12, 4))));
    assert_eq!(deal.win(None, Decimal::ONE, &act(3, 11)), Err(OpportunityError::SameStage(Stage::Ganada)));
}

#[test]
fn a_closed_deal_is_left_only_by_who_may_reopen_it() {
    let mut deal = deal();
    let loss = Loss { reason: LossReason::Price, competitor: None, note: None };
    let lost = deal.lose(loss.clone(), &act(2, 1)).unwrap();
    assert_eq!(lost.data()["lastStage"], "propuesta");
    deal.apply(&lost, act(2, 1).at);
    assert_eq!((deal.weighted_mxn(Decimal::ONE), &deal.loss), (Decimal::ZERO, &Some(loss)));
    assert_eq!(deal.move_to(Stage::Propuesta, false, &act(3, 2)), Err(OpportunityError::Closed(Stage::Perdida)));
    let reopened = deal.move_to(Stage::Propuesta, true, &act(3, 2)).unwrap();
    deal.apply(&reopened, act(3, 2).at);
    assert_eq!((deal.stage(), deal.closed_on, deal.loss), (Stage::Propuesta, None, None));
}

#[test]
fn closing_has_its_own_commands() {
    assert_eq!(deal().move_to(Stage::Ganada, true, &act(2, 1)), Err(OpportunityError::ClosingStage(Stage::Ganada)));
}

#[test]
fn the_stage_table_is_the_one_of_the_pipeline() {
    let table: Vec<_> =
        Stage::ALL.iter().map(|s| (s.probability(), s.forecast_category().name(), s.rots_after_days())).collect();
    let expected = [
        (10, "pipeline", Some(14)),
        (20, "pipeline", Some(14)),
        (35, "pipeline", Some(10)),
        (50, "best_case", Some(10)),
        (75, "commit", Some(7)),
        (100, "closed", None),
        (0, "omitted", None),
    ];
    assert_eq!(table, expected);
}
