//! The form of a CAPTCHA, which stands in every sale's page and is shown to who needs it (`public/captcha.js`).

use leptos::prelude::*;

use crate::context::Visit;

/// The form, as a template: neither seen nor read out before it is needed.
pub(crate) fn panel(visit: &Visit) -> impl IntoView {
    let text = &visit.lang.page().captcha;
    let look = |kind: &'static str, shown_with: &'static str, label: &'static str| {
        view! {
            <button class="button button-quiet" type="button" data-captcha=format!("to-{kind}") data-kind=shown_with>
                {label}
            </button>
        }
    };
    view! {
        <template id="captcha-panel" data-service=visit.config.captcha.service.then_some("")>
            <form class="form captcha" hidden>
                <h3>{text.title}</h3>
                <p>{text.lead}</p>
                <div data-captcha="service" data-kind="service"></div>
                <div data-kind="image">
                    <img data-captcha="image" width="240" height="88" alt=text.image_alt />
                </div>
                <div data-kind="sound">
                    <audio data-captcha="sound" controls></audio>
                    <p id="captcha-how">{text.sound_how}</p>
                </div>
                <div data-kind="image sound">
                    <label for="captcha-answer">{text.answer}</label>
                    <input
                        id="captcha-answer"
                        name="answer"
                        type="text"
                        inputmode="numeric"
                        autocomplete="off"
                        minlength="5"
                        maxlength="5"
                        required
                        aria-describedby="captcha-how"
                    />
                    <button class="button button-main" type="submit">{text.send}</button>
                </div>
                <p class="field-error" role="alert">
                    <span data-captcha="wrong" hidden>{text.wrong}</span>
                </p>
                <div class="row">
                    {look("image", "image", text.another_image)}
                    {look("sound", "image service", text.to_sound)}
                    {look("sound", "sound", text.another_sound)}
                    {look("image", "sound", text.to_image)}
                </div>
                <p class="note">
                    {text.reference} " " <code data-captcha="reference"></code>
                </p>
            </form>
        </template>
    }
}
