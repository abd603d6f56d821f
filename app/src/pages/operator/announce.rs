//! The form that announces a sale.

use leptos::prelude::*;

use crate::text::OperatorText;

/// All that a sale is, of which [little can be changed](super::edit) afterwards.
pub(super) fn form(text: &'static OperatorText) -> AnyView {
    view! {
        <h2>{text.create}</h2>
        <form class="panel form form-grid" method="post" action="/operator/sales">
            <div class="field">
                <label for="sale">{text.name}</label>
                <input id="sale" name="sale" required maxlength="40" pattern="[a-z0-9]([a-z0-9\\-]*[a-z0-9])?" aria-describedby="sale-hint" />
                <p class="note" id="sale-hint">{text.name_hint}</p>
            </div>
            <div class="field">
                <label for="title">{text.item}</label>
                <input id="title" name="title" required maxlength="120" />
            </div>
            <div class="field field-wide">
                <label for="description">{text.description}</label>
                <input id="description" name="description" maxlength="500" />
            </div>
            <div class="field">
                <label for="price_minor">{text.price}</label>
                <input id="price_minor" name="price_minor" type="number" required min="1" value="12900" aria-describedby="price-hint" />
                <p class="note" id="price-hint">{text.price_hint}</p>
            </div>
            <div class="field">
                <label for="currency">{text.currency}</label>
                <input id="currency" name="currency" required minlength="3" maxlength="3" value="EUR" />
            </div>
            <div class="field">
                <label for="units">{text.units}</label>
                <input id="units" name="units" type="number" required min="1" max="1000000" value="1000" />
            </div>
            <div class="field">
                <label for="limit_per_buyer">{text.limit_per_buyer}</label>
                <input id="limit_per_buyer" name="limit_per_buyer" type="number" required min="1" max="100" value="1" />
            </div>
            <div class="field">
                <label for="opens_in_s">{text.opens_in}</label>
                <input id="opens_in_s" name="opens_in_s" type="number" required min="0" value="60" aria-describedby="opens-hint" />
                <p class="note" id="opens-hint">{text.opens_hint}</p>
            </div>
            <div class="field">
                <label for="expected">{text.expected}</label>
                <input id="expected" name="expected" type="number" min="1" max="10000000" aria-describedby="expected-hint" />
                <p class="note" id="expected-hint">{text.expected_hint}</p>
            </div>
            <button class="button button-main field-wide" type="submit">{text.create_button}</button>
        </form>
    }
    .into_any()
}
