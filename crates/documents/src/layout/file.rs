use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lopdf::{Object, Stream, StringFormat};
use printpdf::{
    Date, Offset, OffsetDateTime, PdfDocument, PdfFont, PdfPage, PdfSaveOptions, Pt, Rect, Time, XObject, to_lopdf_doc,
};

use super::canvas::Canvas;
use super::flow::{PAGE_HEIGHT, PAGE_WIDTH};
use super::image::Picture;
use crate::error::DocumentError;
use crate::fonts::{Weight, face, font_id};

/// What the file says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Meta {
    pub(crate) title: String,
    pub(crate) author: String,
    pub(crate) subject: String,
    /// The moment written as creation and last change.
    pub(crate) created_at: Timestamp,
}

/// The bytes of a PDF with these pages; the same input gives the same bytes.
pub(crate) fn assemble(meta: Meta, pages: Vec<Canvas>, pictures: Vec<Picture>) -> Result<Vec<u8>, DocumentError> {
    let mut document = PdfDocument::new(&meta.title);
    let info = &mut document.metadata.info;
    info.author = meta.author;
    info.subject = meta.subject;
    "Zuclubit".clone_into(&mut info.creator);
    "Zuclubit".clone_into(&mut info.producer);
    let created_at = moment(meta.created_at);
    info.creation_date = created_at;
    info.modification_date = created_at;
    info.metadata_date = created_at;

    // Names of our own: those the library makes up differ from run to run.
    for weight in [Weight::Regular, Weight::Bold] {
        document.resources.fonts.map.insert(font_id(weight), PdfFont::new(face(weight).font.clone()));
    }
    for picture in pictures {
        document.resources.xobjects.map.insert(picture.id, XObject::Image(picture.image));
    }
    document.pages = pages
        .into_iter()
        .map(|page| {
            let sheet = Rect::from_wh(Pt(PAGE_WIDTH), Pt(PAGE_HEIGHT));
            PdfPage { media_box: sheet.clone(), trim_box: sheet.clone(), crop_box: sheet, ops: page.into_ops() }
        })
        .collect();

    // Without image optimisation: it would turn logos into JPEG.
    let options = PdfSaveOptions { image_optimization: None, ..PdfSaveOptions::default() };
    let mut file = to_lopdf_doc(&document, &options, &mut Vec::new());
    finish(&mut file);
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).map_err(|_| DocumentError::Unwritable)?;
    Ok(bytes)
}

/// Language and reader's title bar, no claim to be PDF/X, an identifier made from the content.
fn finish(file: &mut lopdf::Document) {
    "1.7".clone_into(&mut file.version);
    if let Ok(catalog) = file.catalog_mut() {
        catalog.set("Lang", text("es-MX"));
        let mut preferences = lopdf::Dictionary::new();
        preferences.set("DisplayDocTitle", true);
        catalog.set("ViewerPreferences", preferences);
        catalog.remove(b"PageMode");
    }
    let info = file.trailer.get(b"Info").and_then(Object::as_reference);
    if let Ok(info) = info.and_then(|id| file.get_dictionary_mut(id)) {
        for claim in [&b"GTS_PDFXVersion"[..], b"Identifier", b"Trapped"] {
            info.remove(claim);
        }
    }

    for object in file.objects.values_mut() {
        if let Object::Stream(stream) = object {
            compress(stream);
        }
    }
    let mut hasher = blake3::Hasher::new();
    for object in file.objects.values() {
        match object {
            Object::Stream(stream) => hasher.update(&stream.content),
            other => hasher.update(format!("{other:?}").as_bytes()),
        };
    }
    let identifier = Object::String(hasher.finalize().as_bytes()[..16].to_vec(), StringFormat::Hexadecimal);
    file.trailer.set("ID", vec![identifier.clone(), identifier]);
}

/// Deflates what is not compressed yet, pixels of images too, which the library leaves as they are.
///
/// At the default level: the library's own `compress` takes the best one, which costs a third of the time of a page
/// and makes it no smaller.
fn compress(stream: &mut Stream) {
    if stream.dict.has(b"Filter") {
        return;
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let deflated = encoder.write_all(&stream.content).and_then(|()| encoder.finish());
    // Writing to memory does not fail; if it ever did, the stream stays as it is, which readers take as well.
    if let Ok(deflated) = deflated
        && deflated.len() < stream.content.len()
    {
        stream.dict.set("Filter", "FlateDecode");
        stream.set_content(deflated);
    }
}

fn text(ascii: &str) -> Object {
    Object::String(ascii.as_bytes().to_vec(), StringFormat::Literal)
}

/// The moment in UTC, in the library's own type.
fn moment(at: Timestamp) -> OffsetDateTime {
    let utc = TimeZone::UTC.to_datetime(at);
    // Months, days and hours are never negative in a calendar.
    let part = |value: i8| value.unsigned_abs();
    OffsetDateTime::new_in_offset(
        Date { year: i32::from(utc.year()), month: part(utc.month()), day: part(utc.day()) },
        Time { hour: part(utc.hour()), minute: part(utc.minute()), second: part(utc.second()), millisecond: 0 },
        Offset { hours: 0, minutes: 0, seconds: 0, milliseconds: 0 },
    )
}
