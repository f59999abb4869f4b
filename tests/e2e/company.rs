//! Three laptops of one company and its relay, made ready with `zuc`; and the part of the sale that a story begins after.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use zuc_sample::{LeadList, ListSpec, ProductList, SampleCompany, signature};

use crate::{display::programs, place::Place};

/// A server that ends with the value.
struct Server {
    child: Child,
    said: Value,
}

impl Server {
    /// Starts `zuclubit-relay` and reads the one line it says.
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(programs().join("zuclubit-relay"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("zuclubit-relay is built before these tests");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a server speaks");
        let said = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{arguments:?} said {line:?}"));
        Self { child, said }
    }

    fn address(&self) -> &str {
        self.said["listening"].as_str().expect("a server says where it listens")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Luis manages, Ana sells, Carla keeps the books.
pub(crate) struct Company {
    folder: PathBuf,
    pac: Server,
    relay: Option<Server>,
    /// Where the relay listens, also while it is off.
    relay_address: String,
    /// Gerencia; founded the company.
    pub(crate) luis: Place,
    /// Ventas.
    pub(crate) ana: Place,
    /// Finanzas.
    pub(crate) carla: Place,
    /// What the company says of itself to the SAT.
    pub(crate) issuer: SampleCompany,
}

impl Company {
    /// Founds it on Luis's laptop, with its relay; nobody else is in yet.
    pub(crate) fn found(story: &str) -> Self {
        let place = |who: &str| Place::new(&format!("{story}-{who}"));
        let (luis, ana, carla) = (place("luis"), place("ana"), place("carla"));
        let folder = Place::new(&format!("{story}-servers")).file("");
        let pac = folder.join("pac");
        let pac = Server::start(&["sandbox-pac", "--listen", "127.0.0.1:0", "--data", text(&pac)]);
        let relay_address = own_address();
        let issuer = SampleCompany::issuer();
        let mut company = Self { folder, pac, relay: None, relay_address, luis, ana, carla, issuer };
        company.relay_on();
        company.luis.zuc(&[
            "company",
            "create",
            "--rfc",
            &company.issuer.rfc,
            "--name",
            company.issuer.name,
            "--regimen",
            company.issuer.regimen_fiscal,
            "--cp",
            company.issuer.cp,
            "--person",
            "Luis Robles Ñáñez",
            "--relay",
            &format!("http://{}", company.relay_address),
            "--recovery-out",
            text(&company.luis.file("recovery")),
        ]);
        company
    }

    /// Lets Ana in by invite.
    pub(crate) fn admit_ana(&self) {
        self.admit(&self.ana, "Ana Beltrán", "ventas");
    }

    /// Lets Carla in by invite.
    pub(crate) fn admit_carla(&self) {
        self.admit(&self.carla, "Carla Ibáñez", "finanzas");
    }

    fn admit(&self, place: &Place, name: &str, role: &str) {
        let invite = self.luis.zuc(&["device", "invite", "--person", name, "--roles", role]);
        let code = invite["code"].as_str().expect("an invite has a code").to_owned();
        std::thread::scope(|scope| {
            let joining = scope.spawn(|| place.zuc(&["device", "join", &code, "--person", name]));
            crate::display::wait_for("the request to join", Duration::from_mins(1), || {
                let pending = self.luis.zuc(&["device", "pending"]);
                let Some(device) = pending.as_array().and_then(|rows| rows.first()) else { return false };
                self.luis.zuc(&["device", "approve", device["short_code"].as_str().expect("a code to compare")]);
                true
            });
            let joined = joining.join().expect("the joining ends");
            assert_eq!(joined["state"], "approved");
        });
        // the keys of what was there before are sealed by who let the device in, and then fetched
        self.luis.zuc(&["sync"]);
        place.zuc(&["sync"]);
    }

    /// Starts the relay where it was before.
    pub(crate) fn relay_on(&mut self) {
        let (data, certificate) = (self.folder.join("relay"), self.folder.join("pac/pac.cer"));
        let pac = format!("http://{}", self.pac.address());
        let relay = Server::start(&[
            "serve",
            "--listen",
            &self.relay_address,
            "--data",
            text(&data),
            "--pac-url",
            &pac,
            "--pac-token",
            "sandbox",
            "--pac-certificate",
            text(&certificate),
            "--pac-rfc",
            self.pac.said["rfc"].as_str().expect("the PAC says its RFC"),
        ]);
        relay.address().clone_into(&mut self.relay_address);
        self.relay = Some(relay);
    }

    /// Takes the network away.
    pub(crate) fn relay_off(&mut self) {
        self.relay = None;
    }

    /// Takes the network away, and what the relay kept of the company.
    pub(crate) fn relay_lost(&mut self) {
        self.relay_off();
        fs::remove_dir_all(self.folder.join("relay/companies")).expect("the relay kept something");
    }

    /// A certificate of the sandbox for the company, as files beside Carla's data.
    pub(crate) fn csd(&self) -> Csd {
        let wanted = json!({ "rfc": self.issuer.rfc, "name": self.issuer.name }).to_string();
        let url = format!("http://{}/sandbox/v1/csd", self.pac.address());
        let done = Command::new("curl")
            .args(["--silent", "--fail", "--header", "content-type: application/json", "--data", &wanted, &url])
            .output()
            .expect("curl is installed by the set-up");
        let csd: Value = serde_json::from_slice(&done.stdout).expect("the PAC answers with a certificate");
        let file = |name: &str, field: &str| {
            let bytes = hex::decode(csd[field].as_str().expect("bytes")).expect("hexadecimal");
            let path = self.carla.file(name);
            fs::write(&path, bytes).expect("the folder can be written");
            path
        };
        let password = csd["password"].as_str().expect("a password").to_owned();
        Csd { cer: file("csd.cer", "cer"), key: file("csd.key", "key"), password }
    }

    /// Waits until the sale has left an invoice with Carla.
    pub(crate) fn until_drafted(&self) {
        crate::display::wait_for("the invoice that the sale left", Duration::from_mins(1), || {
            for place in [&self.ana, &self.luis, &self.carla] {
                place.zuc(&["sync"]);
            }
            self.carla.zuc(&["invoice", "list"])["total"].as_u64().is_some_and(|total| total > 0)
        });
    }

    /// Ana sells: from a list of prospects to a signed proposal, sent to the others; the customer's id.
    pub(crate) fn sell(&self) -> String {
        let ana = &self.ana;
        let (leads, products) = (ana.file("prospectos.csv"), ana.file("productos.csv"));
        write_leads(&leads, 11, 60);
        write_products(&products);
        ana.zuc(&["import", "leads", text(&leads)]);
        ana.zuc(&["import", "products", text(&products)]);
        let list = ana.zuc(&["lead", "list", "--limit", "1"]);
        let lead = list["rows"][0]["id"].as_str().expect("a lead").to_owned();
        ana.zuc(&["lead", "log", &lead, "Pide propuesta por escrito"]);
        ana.zuc(&["lead", "qualify", &lead, "--need", "Renovar la planta", "--budget", "--authority"]);
        let converted = ana.zuc(&["lead", "convert", &lead]);
        let customer = converted["customer_id"].as_str().expect("a customer").to_owned();
        let deal = converted["opportunity_id"].as_str().expect("a deal");
        let opened =
            ana.zuc(&["proposal", "create", &customer, "--opportunity", deal, "--title", "Suministro y soporte"]);
        let id = opened["row"]["id"].as_str().expect("a proposal").to_owned();
        let shelf = ana.zuc(&["product", "list"]);
        let lines: Vec<Value> = shelf
            .as_array()
            .expect("products")
            .iter()
            .take(3)
            .zip(["none", "none", "yearly"])
            .map(|(product, recurrence)| {
                json!({
                    "product_id": product["id"], "sku": product["sku"], "description": product["description"],
                    "quantity": "2", "unit": product["unit"], "unit_price": product["price"]["amount"],
                    "discount_pct": "5", "tax": product["tax"], "recurrence": recurrence,
                    "clave_prod_serv": product["clave_prod_serv"], "clave_unidad": product["clave_unidad"],
                })
            })
            .collect();
        let edit = json!({
            "id": id, "title": "Suministro y soporte", "lines": lines, "discount_pct": "3",
            "valid_until": opened["row"]["valid_until"], "terms_days": "30", "notes": "Entrega en planta.",
        });
        let (draft, drawn) = (ana.file("propuesta.json"), ana.file("firma.png"));
        fs::write(&draft, edit.to_string()).expect("the folder can be written");
        fs::write(&drawn, signature(3).expect("a PNG")).expect("the folder can be written");
        ana.zuc(&["proposal", "save", text(&draft)]);
        ana.zuc(&["proposal", "sign", &id, "--name", "Rosa Nuñez", "--role", "Compras", "--signature", text(&drawn)]);
        ana.zuc(&["sync"]);
        customer
    }
}

/// A certificate to seal with.
pub(crate) struct Csd {
    /// Path of the .cer.
    pub(crate) cer: PathBuf,
    /// Path of the .key.
    pub(crate) key: PathBuf,
    /// Its password.
    pub(crate) password: String,
}

/// A list of prospects as messy as real ones, with the truth about it.
pub(crate) fn write_leads(path: &Path, seed: u64, rows: u32) -> LeadList {
    let list = LeadList::generate(&ListSpec { duplicates: 120, rejected: 60, ..ListSpec::new(seed, rows) });
    fs::write(path, list.to_bytes()).expect("the folder can be written");
    list
}

/// Products in pesos at the general rate, cheap enough to need nobody's approval.
pub(crate) fn write_products(path: &Path) -> ProductList {
    let mut list = ProductList::generate(5, 200);
    list.products.retain(|product| {
        product.currency == "MXN" && product.iva == "16%" && (50_000..900_000).contains(&product.price_cents)
    });
    list.products.truncate(24);
    assert!(list.products.len() >= 3, "the list has products");
    fs::write(path, list.to_csv()).expect("the folder can be written");
    list
}

/// Where nobody else listens: the port of a relay that is away is taken by nobody meanwhile.
fn own_address() -> String {
    static COMPANIES: AtomicU8 = AtomicU8::new(0);
    let [.., high, low] = std::process::id().to_be_bytes();
    format!("127.{}.{low}.{}:0", high & 0x7f, COMPANIES.fetch_add(1, Ordering::Relaxed) | 0x80)
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("the build's folder has a plain name")
}
