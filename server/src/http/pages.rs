//! The pages: routed and rendered by the app, with the engine in its context.

use super::problem::Refusal;
use super::session::Operator;
use super::state::AppState;
use app::{App, OperatorSale, OperatorView, shell};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum_extra::extract::CookieJar;
use leptos::prelude::provide_context;
use leptos_axum::{
    LeptosRoutes as _, generate_route_list_with_exclusions, render_app_async_with_context,
};
use protocol::ProblemKind;

pub(super) const CONSOLE: &str = "/operator";

pub(super) fn router(state: &AppState) -> Router<AppState> {
    // A second initialisation in one process (tests) finds the first and is fine.
    let _ = any_spawner::Executor::init_tokio();
    let pages = generate_route_list_with_exclusions(App, Some(vec![CONSOLE.to_owned()]));
    let (context, options) = (provide(state), state.leptos.clone());
    Router::new()
        .leptos_routes_with_context(state, pages, context, move || shell(options.clone()))
        .route(CONSOLE, get(console))
        .fallback(missing)
}

/// What every page may need.
fn provide(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let (engine, page) = (state.engine.clone(), state.page.clone());
    move || {
        provide_context(engine.clone());
        provide_context(page.clone());
    }
}

/// One page, by the app's own routes.
pub(super) async fn render(state: &AppState, request: Request) -> Response {
    let (context, options) = (provide(state), state.leptos.clone());
    render_app_async_with_context(context, move || shell(options.clone()))(request).await
}

async fn console(
    operator: Result<Operator, Refusal>,
    State(state): State<AppState>,
    jar: CookieJar,
    request: Request,
) -> Response {
    let mut view = OperatorView {
        logged_in: operator.is_ok(),
        notice: super::console::notice(&jar),
        ..OperatorView::default()
    };
    if view.logged_in {
        match state.engine.sales().await {
            Ok(sales) => {
                for info in sales {
                    let Ok(snapshot) = state.engine.snapshot(&info.sale) else {
                        continue;
                    };
                    // Without them the rest of the console still works.
                    let decisions = state.engine.decisions(&info.sale, 0).await;
                    let acts = state.engine.acts(&info.sale, 0).await;
                    view.sales.push(OperatorSale {
                        info,
                        snapshot: (*snapshot).clone(),
                        decisions: decisions.unwrap_or_default(),
                        acts: acts.unwrap_or_default(),
                    });
                }
            }
            Err(error) => view.notice = Some(Refusal::from(error).text()),
        }
    }
    let (context, options) = (provide(&state), state.leptos.clone());
    let context = move || {
        context();
        provide_context(view.clone());
    };
    render_app_async_with_context(context, move || shell(options.clone()))(request).await
}

async fn missing(State(state): State<AppState>, request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/")
        || path.starts_with("/webhooks/")
        || path.starts_with("/.well-known/")
    {
        return Refusal::of(ProblemKind::NotFound).into_response();
    }
    render(&state, request).await
}
