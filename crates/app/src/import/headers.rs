//! What the names at the head of a column mean: Spanish, English and the words of other CRMs.

use zuc_domain::shared::text;

use super::field::LeadField;

/// Names compared whole, without accents, case, spaces or marks; the surest first.
const NAMES: [(LeadField, &str); 23] = [
    (
        LeadField::Name,
        "contactname nombredelcontacto nombrecontacto personname nombrecompleto fullname nombreyapellidos \
         nombreyapellido contactoprincipal personadecontacto contactperson contacto contact leadname \
         nombredelprospecto atencion atenciona persona displayname nombre name prospecto lead",
    ),
    (LeadField::FirstName, "nombres primernombre nombredepila firstname givenname forename fname"),
    (LeadField::LastName, "apellido apellidos apellidopaterno lastname surname familyname lname"),
    (
        LeadField::Company,
        "razonsocial empresa nombredelaempresa nombreempresa nombrecomercial compania negocio organizacion \
         cliente cuenta denominacion denominacionsocial company companyname organization organisation \
         organizationname account accountname partnername business businessname legalname associatedcompany \
         parentid commercialcompanyname employer orgname nombredelcliente",
    ),
    (
        LeadField::Email,
        "correo correoelectronico correos correodelcontacto email emailaddress mail emailfrom emailnormalized \
         workemail primaryemail direcciondecorreo direcciondecorreoelectronico emailwork email1 email2 \
         correo1 correo2 correoalterno emailid contactemail personemail personemailwork",
    ),
    (
        LeadField::Phone,
        "telefono telefonos tel telefonodecontacto celular cel movil whatsapp telefonomovil telefonocelular \
         telefonofijo telefonodeoficina phone phonenumber mobile mobilephone cellphone workphone \
         businessphone telephone phonework contactphone phone1 phone2 telefono1 telefono2 numerodetelefono \
         numerotelefonico phonemobilesearch personphone personphonework phonetxt",
    ),
    (
        LeadField::Rfc,
        "rfc registrofederaldecontribuyentes vat vatnumber vatid taxid taxnumber taxpayerid idfiscal \
         clavefiscal rfcdelaempresa rfcempresa rfcdelcliente tin fiscalid",
    ),
    (
        LeadField::Size,
        "empleados noempleados nodeempleados numempleados numerodeempleados numeroempleados numdeempleados \
         totaldeempleados plantilla tamano tamanodelaempresa tamanodeempresa trabajadores employees \
         numberofemployees noofemployees numemployees employeecount companysize size headcount staff",
    ),
    (
        LeadField::Industry,
        "giro industria sector ramo giroempresarial girocomercial actividad actividadeconomica vertical \
         industry industryname industryid industryidname",
    ),
    (
        LeadField::Source,
        "origen fuente canal medio procedencia origendelprospecto fuentedelprospecto comonosconocio \
         comoseentero source leadsource originalsource sourceid sourceidname utmsource channel \
         hsanalyticssource originalsourcetype mediumid mediumidname",
    ),
    (
        LeadField::Amount,
        "monto montoestimado importe importeestimado valor valorestimado valormxn presupuesto ingresoesperado \
         ingresosesperados ventaesperada amount dealvalue dealamount value expectedrevenue estimatedvalue \
         estimatedamount revenue budget opportunityamount opportunityvalue plannedrevenue montomxn \
         montoestimadomxn",
    ),
    (LeadField::Currency, "moneda divisa currency currencycode currencyid currencyidname currencyisocode"),
    (
        LeadField::Cp,
        "cp codigopostal codpostal zip zipcode postalcode postcode postal mailingpostalcode \
         mailingzippostalcode cpfiscal domiciliofiscal",
    ),
    (
        LeadField::Street,
        "calle calleynumero direccion domicilio street address streetaddress address1 mailingstreet \
         direccion1",
    ),
    (LeadField::City, "ciudad municipio alcaldia delegacion poblacion localidad city town mailingcity"),
    (
        LeadField::State,
        "estado entidad entidadfederativa provincia state stateid stateidname stateregion province region \
         mailingstate",
    ),
    (
        LeadField::Created,
        "fechadealta fechaalta alta fecha fechadecreacion fechacreacion fechaderegistro fecharegistro \
         fechadecaptura creado creadoel registro created createdate createddate createdat createdon \
         creationdate dateadded datecreated dateentered leadcreated leadcreatedtime addtime timestamp",
    ),
    (
        LeadField::OpenRate,
        "tasadeapertura tasaapertura apertura aperturas porcentajedeapertura openrate xopenrate emailopenrate \
         opens aperturadecorreo tasadeaperturadecorreos",
    ),
    (
        LeadField::Demo,
        "demo pidiodemo solicitodemo demosolicitada quieredemo demostracion xdemo demorequested requesteddemo \
         demorequest wantsdemo pidiodemostracion",
    ),
    (
        LeadField::Notes,
        "comentario comentarios nota notas observacion observaciones descripcion mensaje detalle detalles \
         notes note comments comment description message remarks internalnotes",
    ),
    (
        LeadField::Owner,
        "responsable vendedor ejecutivo asesor asignadoa propietario agente owner leadowner recordowner \
         salesperson userid useridname assignedto contactowner dealowner salesrep propietariodelcontacto \
         ejecutivodeventas",
    ),
    (LeadField::Position, "puesto cargo posicion titulo rol jobtitle title position jobposition function role"),
    (
        LeadField::Website,
        "sitioweb paginaweb pagina web url website websiteurl companydomain companydomainname domain dominio",
    ),
];

/// Words that settle a longer name, tried in this order; a name with a word of `UNLESS` is left alone.
const WORDS: [(&[&str], LeadField); 31] = [
    (&["rfc"], LeadField::Rfc),
    (&["demo"], LeadField::Demo),
    (&["apertura"], LeadField::OpenRate),
    (&["open", "rate"], LeadField::OpenRate),
    (&["codigo", "postal"], LeadField::Cp),
    (&["zip"], LeadField::Cp),
    (&["correo"], LeadField::Email),
    (&["email"], LeadField::Email),
    (&["mail"], LeadField::Email),
    (&["telefono"], LeadField::Phone),
    (&["celular"], LeadField::Phone),
    (&["phone"], LeadField::Phone),
    (&["mobile"], LeadField::Phone),
    (&["tel"], LeadField::Phone),
    (&["empleados"], LeadField::Size),
    (&["employees"], LeadField::Size),
    (&["giro"], LeadField::Industry),
    (&["industria"], LeadField::Industry),
    (&["industry"], LeadField::Industry),
    (&["razon", "social"], LeadField::Company),
    (&["empresa"], LeadField::Company),
    (&["company"], LeadField::Company),
    (&["origen"], LeadField::Source),
    (&["source"], LeadField::Source),
    (&["monto"], LeadField::Amount),
    (&["amount"], LeadField::Amount),
    (&["alta"], LeadField::Created),
    (&["created"], LeadField::Created),
    (&["comentarios"], LeadField::Notes),
    (&["notas"], LeadField::Notes),
    (&["notes"], LeadField::Notes),
];

/// Words that make a longer name mean something else than the field it mentions.
const UNLESS: [&str; 16] = [
    "ultima", "ultimo", "last", "id", "baja", "opt", "optout", "rebote", "bounce", "bounced", "count", "ingresos",
    "annual", "modified", "status", "estatus",
];

/// The field a whole name stands for, however it is spelled.
pub(super) fn field(header: &str) -> Option<LeadField> {
    ranked(header).map(|(field, _)| field)
}

/// The field a whole name stands for and how sure it is: among columns for one field the lowest rank wins, so that
/// `contact_name` beats `name`.
pub(super) fn ranked(header: &str) -> Option<(LeadField, usize)> {
    let compact: String = words(header).concat();
    if compact.is_empty() || compact.len() > 64 {
        return None;
    }
    NAMES
        .iter()
        .find_map(|(field, names)| Some((*field, names.split_ascii_whitespace().position(|name| name == compact)?)))
}

/// The field of a name by either way.
pub(super) fn any_field(header: &str) -> Option<LeadField> {
    field(header).or_else(|| field_by_words(header))
}

/// The field a longer name mentions, such as "Correo de quien compra".
pub(super) fn field_by_words(header: &str) -> Option<LeadField> {
    let words = words(header);
    if words.is_empty() || words.len() > 8 || words.iter().any(|word| UNLESS.contains(&word.as_str())) {
        return None;
    }
    let all_in = |needed: &[&str]| needed.iter().all(|word| words.iter().any(|have| have == word));
    WORDS.iter().find(|(needed, _)| all_in(needed)).map(|(_, field)| *field)
}

/// Lower case words without accents or marks: "¿Pidió demo?" → `pidio`, `demo`.
pub(super) fn words(header: &str) -> Vec<String> {
    let start: String = header.chars().take(200).collect();
    let plain = text::fold(&start);
    plain.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_however_they_are_spelled() {
        let cases = [
            ("Razón social", LeadField::Company),
            ("RAZON SOCIAL", LeadField::Company),
            ("Razo\u{301}n_social", LeadField::Company),
            ("¿Pidió demo?", LeadField::Demo),
            ("C.P.", LeadField::Cp),
            ("No. empleados", LeadField::Size),
            ("industry_id/name", LeadField::Industry),
            ("FirstName", LeadField::FirstName),
            ("E-mail", LeadField::Email),
            ("Lead Source", LeadField::Source),
        ];
        for (header, expected) in cases {
            assert_eq!(field(header), Some(expected), "{header}");
        }
    }

    #[test]
    fn longer_names_are_read_by_their_words() {
        assert_eq!(field_by_words("Correo de quien compra"), Some(LeadField::Email));
        assert_eq!(field_by_words("Último correo enviado"), None);
        assert_eq!(field_by_words("Company ID"), None);
        assert_eq!(field("SKU"), None);
    }

    #[test]
    fn no_name_stands_for_two_fields() {
        let mut all: Vec<&str> = NAMES.iter().flat_map(|(_, names)| names.split_ascii_whitespace()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
