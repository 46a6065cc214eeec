//! What animations make of an element: a person sees the mail when they have ended.

use style::{
    computed_values::{
        animation_fill_mode::single_value::T as Fill, animation_play_state::single_value::T as State,
    },
    properties::{ComputedValues, PropertyDeclarationBlock},
    servo_arc::Arc,
    shared_lock::{Locked, StylesheetGuards},
    stylesheets::keyframes_rule::{KeyframesStep, KeyframesStepValue},
    stylist::Stylist,
};

use super::super::tree::Link;

/// Computes the styles in which the animations of an element leave it. Of an animation that goes on forever, all steps
/// count.
pub(super) fn finish<'a>(node: Link<'a>, stylist: &Stylist, guards: &StylesheetGuards<'_>) {
    let Some(element) = node.element() else { return };
    let Some(style) = element.style() else { return };
    let ui = style.get_ui();
    let mut animated = Vec::new();
    for (at, name) in ui.animation_name.0.iter().enumerate() {
        let Some(keyframes) = stylist.lookup_keyframes(name.0.as_atom(), node) else { continue };
        let fill = cycled(&ui.animation_fill_mode.0, at);
        let is_endless = cycled(&ui.animation_iteration_count.0, at).is_none_or(|count| !count.0.is_finite());
        let is_paused = cycled(&ui.animation_play_state.0, at) == Some(State::Paused);
        let is_kept = matches!(fill, Some(Fill::Forwards | Fill::Both));
        let steps: &[KeyframesStep] = match keyframes.steps.as_slice() {
            steps if is_endless => steps,
            [first, ..] if is_paused => std::slice::from_ref(first),
            [.., last] if is_kept => std::slice::from_ref(last),
            _ => &[],
        };
        for step in steps {
            if let KeyframesStepValue::Declarations { block } = &step.value {
                animated.push(computed(stylist, guards, &style, block.clone()));
            }
        }
    }
    if !animated.is_empty() {
        drop(element.animated.set(animated.into()));
    }
}

fn cycled<T: Clone>(values: &[T], at: usize) -> Option<T> {
    (!values.is_empty()).then(|| values[at % values.len()].clone())
}

/// The declarations of a step as those of an element inside the one that is animated.
fn computed(
    stylist: &Stylist,
    guards: &StylesheetGuards<'_>,
    style: &ComputedValues,
    declarations: Arc<Locked<PropertyDeclarationBlock>>,
) -> Arc<ComputedValues> {
    stylist.compute_for_declarations::<Link<'_>>(guards, style, declarations)
}
