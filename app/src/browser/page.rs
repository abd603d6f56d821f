//! The page itself: time, dice, focus, storage, address.

use js_sys::{Math, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Document, HtmlDialogElement, HtmlElement, HtmlIFrameElement, HtmlInputElement, VisibilityState,
    Window,
};

/// The window; `None` nowhere that matters.
pub(crate) fn window() -> Option<Window> {
    web_sys::window()
}

/// The document.
pub(crate) fn document() -> Option<Document> {
    window()?.document()
}

/// Milliseconds since the page was opened; never jumps.
pub(crate) fn monotonic() -> f64 {
    window()
        .and_then(|w| w.performance())
        .map_or(0.0, |p| p.now())
}

/// When the browser asked for this page, in milliseconds of its own clock since 1970.
pub(crate) fn asked_at() -> u64 {
    window()
        .and_then(|w| w.performance())
        .map_or(0, |p| p.time_origin() as u64)
}

/// A number in `0..1`.
pub(crate) fn dice() -> f64 {
    Math::random()
}

/// Waits.
pub(crate) async fn sleep(ms: f64) {
    let promise = Promise::new(&mut |resolve, _| {
        if let Some(window) = window() {
            let _ =
                window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms as i32);
        }
    });
    let _ = JsFuture::from(promise).await;
}

/// Calls `tick` every `ms` milliseconds for as long as the page lives.
pub(crate) fn every(ms: i32, tick: impl FnMut() + 'static) {
    let tick = Closure::<dyn FnMut()>::new(tick).into_js_value();
    if let Some(window) = window() {
        let _ =
            window.set_interval_with_callback_and_timeout_and_arguments_0(tick.unchecked_ref(), ms);
    }
}

/// Is the tab in the background?
pub(crate) fn is_hidden() -> bool {
    document().is_some_and(|d| d.visibility_state() == VisibilityState::Hidden)
}

/// Calls `then` when the tab goes to the background (`true`) or comes to the front.
pub(crate) fn on_visibility(then: impl Fn(bool) + 'static) {
    let listener = Closure::<dyn FnMut()>::new(move || then(is_hidden())).into_js_value();
    if let Some(document) = document() {
        let _ =
            document.add_event_listener_with_callback("visibilitychange", listener.unchecked_ref());
    }
}

/// Where this page was served from, such as `https://shop.example`.
pub(crate) fn origin() -> String {
    window()
        .and_then(|w| w.location().origin().ok())
        .unwrap_or_default()
}

/// Goes to another page of ours.
pub(crate) fn go(path: &str) {
    if let Some(window) = window() {
        let _ = window.location().assign(path);
    }
}

/// Names the tab.
pub(crate) fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

/// What the tab is called.
pub(crate) fn title() -> String {
    document().map(|d| d.title()).unwrap_or_default()
}

/// Moves the focus to an element of the page.
pub(crate) fn focus(id: &str) {
    if let Some(element) = element::<HtmlElement>(id) {
        let _ = element.focus();
    }
}

/// The same, once the change that is under way is in the page.
pub(crate) fn focus_soon(id: &'static str) {
    spawn_local(async move {
        sleep(0.0).await;
        focus(id);
    });
}

/// Shows an address in a frame of the page.
pub(crate) fn fill_frame(id: &str, url: &str) {
    if let Some(frame) = element::<HtmlIFrameElement>(id) {
        frame.set_src(url);
    }
}

/// Opens a dialog, above everything else.
pub(crate) fn open_dialog(id: &str) {
    if let Some(dialog) = element::<HtmlDialogElement>(id)
        && !dialog.open()
    {
        let _ = dialog.show_modal();
    }
}

/// Closes a dialog.
pub(crate) fn close_dialog(id: &str) {
    if let Some(dialog) = element::<HtmlDialogElement>(id) {
        dialog.close();
    }
}

/// What is typed into a field.
pub(crate) fn typed(id: &str) -> String {
    element::<HtmlInputElement>(id)
        .map(|field| field.value())
        .unwrap_or_default()
}

/// Types into a field.
pub(crate) fn type_into(id: &str, text: &str) {
    if let Some(field) = element::<HtmlInputElement>(id) {
        field.set_value(text);
    }
}

/// What an element of the page says.
pub(crate) fn text_of(id: &str) -> Option<String> {
    document()?.get_element_by_id(id)?.text_content()
}

fn element<T: JsCast>(id: &str) -> Option<T> {
    document()?.get_element_by_id(id)?.dyn_into().ok()
}

/// What this tab remembered under `key`; forgotten when the tab is closed.
pub(crate) fn remembered(key: &str) -> Option<String> {
    window()?.session_storage().ok()??.get_item(key).ok()?
}

/// Remembers something for this tab.
pub(crate) fn remember(key: &str, value: &str) {
    if let Some(storage) = window().and_then(|w| w.session_storage().ok()?) {
        let _ = storage.set_item(key, value);
    }
}

/// A moment as the shopper's own clock and language show it.
pub(crate) fn local_time(ms: u64, lang: &str, with_date: bool) -> String {
    let options = Object::new();
    let set = |name: &str, value: &str| {
        let _ = Reflect::set(
            &options,
            &JsValue::from_str(name),
            &JsValue::from_str(value),
        );
    };
    set("timeStyle", "short");
    if with_date {
        set("dateStyle", "medium");
    }
    js_sys::Date::new(&JsValue::from_f64(ms as f64))
        .to_locale_string(lang, &options)
        .into()
}
