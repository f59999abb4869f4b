//! Whatever order, repetition, delay and loss the frames suffer: in the end everybody has the same, once.

use crate::support::{Device, Relay, SALES, company};
use proptest::prelude::*;
use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_sync::{Input, SyncStatus};

#[derive(Clone, Debug)]
enum Step {
    /// A device writes.
    Write(usize),
    /// A frame of a device reaches the relay, or is lost.
    Up { device: usize, lost: bool },
    /// A waiting answer reaches its device: which one, how often, or not at all.
    Down { device: usize, which: usize, times: usize },
    /// The connection breaks and is made again.
    Reconnect(usize),
    /// The app dies and starts again.
    Restart(usize),
    /// Time goes on.
    Tick(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let device = 0_usize..3;
    prop_oneof![
        3 => device.clone().prop_map(Step::Write),
        6 => (device.clone(), prop::bool::weighted(0.15)).prop_map(|(device, lost)| Step::Up { device, lost }),
        6 => (device.clone(), 0_usize..6, 0_usize..3)
            .prop_map(|(device, which, times)| Step::Down { device, which, times }),
        1 => device.clone().prop_map(Step::Reconnect),
        1 => device.clone().prop_map(Step::Restart),
        1 => device.prop_map(Step::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn devices_converge_and_nothing_acknowledged_is_lost(steps in prop::collection::vec(step(), 0..120)) {
        let company = company();
        let mut relay = Relay::new(company.log.clone());
        let mut devices: Vec<_> = (1..=3).map(|seed| Device::new(seed, &company)).collect();
        let mut answers: Vec<Vec<ServerFrame>> = vec![vec![], vec![], vec![]];
        let (mut written, mut now) = (0_u8, 0);
        for device in &mut devices {
            device.input(Input::Connected { token: "t".into() });
        }
        for step in steps {
            match step {
                Step::Write(device) => {
                    written += 1;
                    devices[device].write(SALES, written, &format!("hecho {written}"));
                }
                Step::Up { device, lost } => {
                    if !devices[device].sent.is_empty() {
                        let frame = devices[device].sent.remove(0);
                        if !lost || matches!(frame, ClientFrame::Hello { .. }) {
                            answers[device].extend(relay.answer(frame));
                        }
                    }
                }
                Step::Down { device, which, times } => {
                    if !answers[device].is_empty() {
                        let at = which % answers[device].len();
                        let frame = answers[device].remove(at);
                        for _ in 0..times {
                            devices[device].frame(frame.clone());
                        }
                    }
                }
                Step::Reconnect(device) => {
                    devices[device].input(Input::Disconnected);
                    devices[device].sent.clear();
                    answers[device].clear();
                    devices[device].input(Input::Connected { token: "t".into() });
                }
                Step::Restart(device) => {
                    devices[device].restart();
                    answers[device].clear();
                    devices[device].input(Input::Connected { token: "t".into() });
                }
                Step::Tick(device) => {
                    now += 11_000;
                    devices[device].input(Input::Tick(now));
                }
            }
        }
        // The network is good again: two rounds, so that everybody sees the last push of everybody.
        for _ in 0..2 {
            for device in &mut devices {
                device.input(Input::Disconnected);
                device.sent.clear();
                device.online(&mut relay);
                device.input(Input::Waiting(0));
            }
        }
        for device in &devices {
            prop_assert_eq!(device.engine.status(), SyncStatus::UpToDate);
            prop_assert_eq!(device.facts.len(), usize::from(written));
            prop_assert!(device.outbox.is_empty() && device.sealed.is_empty());
            prop_assert!(device.quarantined.is_empty() && device.refused.is_empty());
            prop_assert_eq!(device.engine.cursor(SALES).chain, relay.head(SALES).chain);
            prop_assert_eq!(&device.facts, &devices[0].facts);
        }
        // Every row once, and each author's numbers dense.
        for numbers in relay.numbers.values() {
            prop_assert!(numbers.windows(2).all(|pair| pair[0].seq < pair[1].seq));
        }
    }
}
