//! The style sheets of a document: the browser's own and those of its `style` elements.

use cssparser::SourceLocation;
use selectors::matching::QuirksMode;
use style::values::CssUrl;
use style::{
    media_queries::MediaList,
    parser::ParserContext,
    servo_arc::Arc,
    shared_lock::Locked,
    shared_lock::SharedRwLock,
    stylesheets::{
        AllowImportRules, DocumentStyleSheet, ImportRule, Origin, Stylesheet, StylesheetLoader, UrlExtraData,
        import_rule::{ImportLayer, ImportSheet, ImportSupportsCondition},
    },
};
use url::Url;

use super::{
    super::tree::{Element, Link},
    hints, judge,
};

/// The sheets in the order of the cascade.
pub(super) fn all(root: Link<'_>, lock: &SharedRwLock, quirks: QuirksMode) -> Vec<DocumentStyleSheet> {
    let sheet =
        |css: &str, media: &str, origin: Origin| parsed(css, media_list(media, quirks), origin, lock, quirks);
    let mut sheets = vec![sheet(include_str!("browser.css"), "", Origin::UserAgent)];
    if quirks == QuirksMode::Quirks {
        sheets.push(sheet(include_str!("quirks.css"), "", Origin::UserAgent));
    }
    if let Some(color) = link_color(root) {
        sheets.push(sheet(&format!("a:any-link {{ {color} }}"), "", Origin::UserAgent));
    }
    for node in root.descendants() {
        let Some(element) = node.element() else { continue };
        let css = if is_sheet(element) { Some(node.own_text()) } else { linked(element) };
        if let Some(css) = css {
            let media = element.attribute("media").map(|media| media.to_owned()).unwrap_or_default();
            sheets.push(sheet(&judge::sheet(&css), &media, Origin::Author));
        }
    }
    sheets
}

/// The colour of links that the body element declares.
fn link_color(root: Link<'_>) -> Option<String> {
    let body = root.children().find_map(|node| node.html("body"))?;
    let mut css = String::new();
    hints::color("color", &body.attribute("link")?, &mut css);
    Some(css)
}

/// The sheets of a document that cannot be judged: they hide everything.
pub(super) fn hiding(lock: &SharedRwLock) -> Vec<DocumentStyleSheet> {
    vec![parsed(judge::HIDING, MediaList::empty(), Origin::UserAgent, lock, QuirksMode::NoQuirks)]
}

fn parsed(
    css: &str,
    media: MediaList,
    origin: Origin,
    lock: &SharedRwLock,
    quirks: QuirksMode,
) -> DocumentStyleSheet {
    let media = Arc::new(lock.wrap(media));
    let loader = Loader { quirks };
    let sheet = Stylesheet::from_str(
        css,
        nowhere(),
        origin,
        media,
        lock.clone(),
        Some(&loader),
        None,
        quirks,
        AllowImportRules::Yes,
    );
    DocumentStyleSheet(Arc::new(sheet))
}

/// Whether an element contains or links a sheet that is read.
pub(super) fn has_sheet(element: &Element<'_>) -> bool {
    is_sheet(element) || linked(element).is_some()
}

fn is_sheet(element: &Element<'_>) -> bool {
    let kind = element.attribute("type").map(|kind| kind.to_ascii_lowercase()).unwrap_or_default();
    &**element.local_name() == "style" && !element.is_math() && matches!(&*kind, "" | "text/css")
}

/// The sheet in the address of a `link` element. Others are not fetched.
fn linked(element: &Element<'_>) -> Option<String> {
    let is_link = element.is_html() && &**element.local_name() == "link";
    let rel = element.attribute("rel").filter(|_| is_link)?;
    rel.split_ascii_whitespace().find(|rel| rel.eq_ignore_ascii_case("stylesheet"))?;
    data(&element.attribute("href")?)
}

/// The text in a `data:` address (RFC 2397).
fn data(address: &str) -> Option<String> {
    let address = address.trim();
    let rest =
        address.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:")).and(address.get(5..))?;
    let (kind, data) = rest.split_once(',')?;
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(data).collect();
    let bytes = if kind.trim_end().to_ascii_lowercase().ends_with(";base64") {
        base64::Engine::decode(&base64::prelude::BASE64_STANDARD, bytes.trim_ascii()).ok()?
    } else {
        bytes
    };
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Loads the sheets that others import from `data:` addresses. Nothing is fetched.
struct Loader {
    quirks: QuirksMode,
}

impl StylesheetLoader for Loader {
    fn request_stylesheet(
        &self,
        url: CssUrl,
        source_location: SourceLocation,
        lock: &SharedRwLock,
        media: Arc<Locked<MediaList>>,
        supports: Option<ImportSupportsCondition>,
        layer: ImportLayer,
    ) -> Arc<Locked<ImportRule>> {
        let refused = supports.as_ref().is_some_and(|supports| !supports.enabled);
        let css = url.url().and_then(|url| data(url.as_str())).filter(|_| !refused);
        let stylesheet = match css {
            Some(css) => {
                let media = media.read_with(&lock.read()).clone();
                // A sheet in an address cannot import another.
                let css = judge::sheet(&css).replace("@import", "@ignored");
                ImportSheet::new(parsed(&css, media, Origin::Author, lock, self.quirks).0)
            }
            None => ImportSheet::Refused,
        };
        Arc::new(lock.wrap(ImportRule { url, stylesheet, supports, layer, source_location }))
    }
}

fn media_list(media: &str, quirks: QuirksMode) -> MediaList {
    if media.trim().is_empty() {
        return MediaList::empty();
    }
    let url = nowhere();
    let mut context = ParserContext::new(
        Origin::Author,
        &url,
        None,
        style_traits::ParsingMode::DEFAULT,
        quirks,
        Default::default(),
        None,
        None,
        Default::default(),
    );
    let mut parser = cssparser::Parser::new(media);
    MediaList::parse(&mut context, &mut parser)
}

/// What relative addresses in sheets refer to.
pub(super) fn nowhere() -> UrlExtraData {
    UrlExtraData::from(Url::parse("about:blank").expect("an address"))
}
