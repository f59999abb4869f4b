//! The company of a world: Luis founds it, Carla joins, sells and issues.

use std::{fs, sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};
use zuc_app::{Desk, Office};
use zuc_ipc::{
    company::{CompanyNew, InviteNew, Join, Secret},
    customer::{FiscalProfile, FiscalProfileSet},
    invoice::CsdAdd,
    lead::{ActivityNew, LeadNew, LeadQuery, Qualification},
    proposal::{LineEdit, ProposalEdit, ProposalNew, ProposalSign},
};
use zuc_sample::{SampleCompany, signature};

use super::{World, program::PATIENCE};

/// A signed proposal and what it is about.
#[derive(Clone, Debug)]
pub(crate) struct Deal {
    /// The lead it began with.
    pub(crate) lead: String,
    /// The customer it became.
    pub(crate) customer: String,
    /// The proposal that was signed.
    pub(crate) proposal: String,
}

impl World {
    /// Luis founds the company, alone.
    pub(crate) async fn begin(&self) -> Arc<Desk> {
        let company = SampleCompany::issuer();
        let luis = self.desk("luis").await;
        let new = CompanyNew {
            rfc: company.rfc.clone(),
            name: company.name.to_owned(),
            regimen_fiscal: company.regimen_fiscal.to_owned(),
            cp: company.cp.to_owned(),
            person_name: "Luis".to_owned(),
            relay_url: self.servers.relay_url(),
            sample: false,
        };
        let created = luis.company_create(new).await.expect("the company is founded");
        luis.recovery_confirm(Secret { text: created.recovery_code }).await.expect("the code is its own");
        luis
    }

    /// Luis founds the company; Carla joins with the roles to sell and to issue, and loads the certificate.
    pub(crate) async fn found(&self) {
        let (company, luis) = (SampleCompany::issuer(), self.begin().await);
        let admin = luis.office().await.expect("Luis's office");
        let roles = ["ventas", "finanzas"].map(ToOwned::to_owned).to_vec();
        let invite =
            admin.device_invite(InviteNew { person_name: "Carla".to_owned(), roles }).await.expect("an invite");
        let carla = self.desk("carla").await;
        let join = Join { invite: invite.code, person_name: "Carla".to_owned() };
        let asked = carla.company_join(join).await.expect("Carla asks");
        let waiting = admin.device_pending().await.expect("who waits");
        let device = waiting.into_iter().find(|device| device.short_code == asked.short_code).expect("Carla waits");
        admin.device_approve(device.id).await.expect("Carla comes in");
        until("the approval", async || carla.join_status().await.expect("her status").state == "approved").await;
        let office = carla.office().await.expect("Carla's office");
        until("the company's profile", async || {
            let boot = carla.boot().await.expect("her desk");
            boot.company.is_some_and(|shown| shown.rfc == company.rfc)
        })
        .await;
        self.load_csd(&office, &company).await;
        settle(&admin).await;
        settle(&office).await;
        carla.close().await;
        luis.close().await;
    }

    /// The desk of a person in this process; closed before another process works there.
    pub(crate) async fn desk(&self, person: &str) -> Arc<Desk> {
        desk_at(&self.home(person), &self.root.join("passphrase")).await
    }

    /// Leaves a person's desk and waits until nothing of this process works in the home any more.
    pub(crate) async fn leave(&self, person: &str, desk: Arc<Desk>, office: Arc<Office>) {
        desk.close().await;
        drop((desk, office));
        // what goes on in the background may hold the home for a moment longer
        let lock = self.home(person).join("lock");
        until("the end of the desk", async || fs::File::open(&lock).is_ok_and(|file| file.try_lock().is_ok())).await;
    }

    async fn load_csd(&self, office: &Office, company: &SampleCompany) {
        let csd = self.servers.csd(&company.rfc, company.name).await;
        let (cer, key) = (self.root.join("csd.cer"), self.root.join("csd.key"));
        fs::write(&cer, hex::decode(csd.cer).expect("hexadecimal")).expect("the certificate");
        fs::write(&key, hex::decode(csd.key).expect("hexadecimal")).expect("the key");
        let path = |path: &std::path::Path| path.display().to_string();
        let add = CsdAdd { cer_path: path(&cer), key_path: path(&key), password: csd.password };
        office.csd_add(add).await.expect("the certificate is the company's");
    }
}

/// The desk over a home whose keys the passphrase in a file seals.
pub(crate) async fn desk_at(home: &std::path::Path, passphrase: &std::path::Path) -> Arc<Desk> {
    let passphrase = fs::read_to_string(passphrase).expect("the passphrase").trim_end().to_owned();
    zuc_gateways::desk_with(home, Some(passphrase)).await.expect("the home opens")
}

/// A lead that becomes a customer with a fiscal profile.
pub(crate) async fn customer(office: &Office, nth: u64) -> Deal {
    let new = LeadNew {
        full_name: format!("Rosa Iñiguez {nth}"),
        company: format!("Talleres La Fragua {nth} SA de CV"),
        email: format!("rosa{nth}@lafragua{nth}.example"),
        ..LeadNew::default()
    };
    office.lead_create(new).await.expect("a lead");
    let query = LeadQuery { text: format!("rosa{nth}@lafragua{nth}"), limit: 1, ..LeadQuery::default() };
    let lead = office.lead_list(query).await.expect("leads").rows.into_iter().next().expect("the lead").id;
    let touch = ActivityNew {
        subject_id: lead.clone(),
        channel: "call".to_owned(),
        direction: "out".to_owned(),
        text: "Quiere renovar el equipo".to_owned(),
    };
    office.lead_log(touch).await.expect("a touch");
    let gate = Qualification {
        id: lead.clone(),
        need: "Renovar el equipo".to_owned(),
        budget: true,
        authority: true,
        timeline: "Este mes".to_owned(),
    };
    office.lead_qualify(gate).await.expect("the gate");
    let converted = office.lead_convert(lead.clone()).await.expect("a customer");
    let buyer = SampleCompany::buyer(nth);
    let profile = FiscalProfile {
        rfc: buyer.rfc,
        legal_name: buyer.name.to_owned(),
        regimen_fiscal: buyer.regimen_fiscal.to_owned(),
        domicilio_cp: buyer.cp.to_owned(),
        uso_cfdi: "G03".to_owned(),
    };
    let customer_id = converted.customer_id.clone();
    let seen = office.customer_fiscal(&customer_id).await.expect("what is shown");
    let set = FiscalProfileSet { customer_id, seen, profile };
    office.customer_set_fiscal(set).await.expect("a fiscal profile");
    Deal { lead, customer: converted.customer_id, proposal: String::new() }
}

/// A customer who is a person, by their RFC; gives their id.
pub(crate) async fn person(office: &Office) -> String {
    let new = LeadNew {
        full_name: "Julia Cano Peña".to_owned(),
        email: "julia@cano.example".to_owned(),
        ..LeadNew::default()
    };
    office.lead_create(new).await.expect("a lead");
    let query = LeadQuery { text: "julia@cano".to_owned(), limit: 1, ..LeadQuery::default() };
    let lead = office.lead_list(query).await.expect("leads").rows.into_iter().next().expect("the lead").id;
    let touch = ActivityNew {
        subject_id: lead.clone(),
        channel: "call".to_owned(),
        direction: "out".to_owned(),
        text: "Quiere arreglar su casa".to_owned(),
    };
    office.lead_log(touch).await.expect("a touch");
    let gate = Qualification {
        id: lead.clone(),
        need: "Arreglar su casa".to_owned(),
        budget: true,
        authority: true,
        timeline: "Este mes".to_owned(),
    };
    office.lead_qualify(gate).await.expect("the gate");
    let customer_id = office.lead_convert(lead).await.expect("a customer").customer_id;
    let profile = FiscalProfile {
        rfc: "CACX7605101P8".to_owned(),
        legal_name: "XOCHILT CASAS CHAVEZ".to_owned(),
        regimen_fiscal: "612".to_owned(),
        domicilio_cp: "36257".to_owned(),
        uso_cfdi: "G03".to_owned(),
    };
    let seen = office.customer_fiscal(&customer_id).await.expect("what is shown");
    let set = FiscalProfileSet { customer_id: customer_id.clone(), seen, profile };
    office.customer_set_fiscal(set).await.expect("a fiscal profile");
    customer_id
}

/// A proposal to the customer of `deal`, signed: the saga is due.
pub(crate) async fn sign(office: &Office, deal: &Deal) -> Deal {
    Box::pin(sign_as(office, deal, "Rosa Iñiguez", "rosa@lafragua.example")).await
}

/// The same, signed by somebody.
pub(crate) async fn sign_as(office: &Office, deal: &Deal, name: &str, email: &str) -> Deal {
    let new = ProposalNew {
        customer_id: deal.customer.clone(),
        opportunity_id: None,
        title: "Suministro y soporte".to_owned(),
    };
    let opened = office.proposal_create(new).await.expect("a proposal").view;
    let line = LineEdit {
        id: String::new(),
        product_id: None,
        sku: String::new(),
        description: "Servicio de mantenimiento".to_owned(),
        quantity: "2".to_owned(),
        unit: "Servicio".to_owned(),
        unit_price: "1500.00".to_owned(),
        discount_pct: "0".to_owned(),
        tax: "iva16".to_owned(),
        recurrence: "none".to_owned(),
        clave_prod_serv: "81112200".to_owned(),
        clave_unidad: "E48".to_owned(),
    };
    let edit = ProposalEdit {
        id: opened.row.id.clone(),
        title: opened.row.title,
        lines: vec![line],
        discount_pct: "0".to_owned(),
        valid_until: opened.row.valid_until,
        terms_days: "30".to_owned(),
        notes: String::new(),
        ..ProposalEdit::default()
    };
    let saved = office.proposal_save(edit).await.expect("its lines");
    let signed = ProposalSign {
        id: opened.row.id.clone(),
        content_hash: saved.view.content_hash,
        signer_name: name.to_owned(),
        signer_role: "Dirección".to_owned(),
        signer_email: email.to_owned(),
        consent: true,
        signature_png: zuc_app::base64(&signature(1).expect("a picture")),
    };
    office.proposal_sign(signed).await.expect("a signature");
    Deal { proposal: opened.row.id, ..deal.clone() }
}

/// Waits until everything is sent and received.
pub(crate) async fn settle(office: &Office) {
    let status = office.sync_until_settled(PATIENCE).await.expect("a status");
    assert_eq!((status.state.as_str(), status.pending), ("up_to_date", 0), "{:?}", status.error);
}

/// Waits until `seen` is true.
pub(crate) async fn until(what: &str, seen: impl AsyncFn() -> bool) {
    let looking = async {
        while !seen().await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("{what} did not come"));
}
