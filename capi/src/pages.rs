//! Plans page by page.

use weight_init::Pages;

use crate::{
    error::{
        WI_ERROR_NULL, WI_ERROR_RANGE_PAST_END, WI_ERROR_WRONG_LENGTH, code, of_request, wi_error,
    },
    plan::{plan, wi_plan},
    raw,
    stream::wi_stream,
};

/// The number of 64-bit words in wi_pages.
pub const WI_PAGES_WORDS: usize = 44;

/// The values of a plan in order, a page at a time. wi_pages_start() makes it in your variable.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wi_pages {
    /// Private.
    pub words: [u64; WI_PAGES_WORDS],
}

const _: () = assert!(size_of::<Pages>() <= size_of::<wi_pages>() && align_of::<Pages>() <= 8);

/// Begins to fill a plan's buffer, or a part of it, page by page. After a reset in the middle, begin at the first
/// page that is missing. A part that touches an orthogonal matrix gives WI_ERROR_WHOLE_TENSOR_ONLY.
///
/// @param plan the plan, which must stay as it is while the pages are used
/// @param stream the model's stream
/// @param start the index of the first value
/// @param end the index after the last value, such as wi_plan_len()
/// @param pages receives the pages
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_pages_start(
    plan: *const wi_plan,
    stream: wi_stream,
    start: u64,
    end: u64,
    pages: *mut wi_pages,
) -> wi_error {
    if pages.is_null() {
        return WI_ERROR_NULL;
    }
    // SAFETY: the caller's contract.
    code(unsafe { self::plan(plan) }.and_then(|plan| {
        if start > end {
            return Err(WI_ERROR_RANGE_PAST_END);
        }
        let made = plan.pages_in(stream.into(), start..end).map_err(of_request)?;
        // SAFETY: the caller's contract, and the pages fit, by the assertion above.
        unsafe { pages.cast::<Pages<'static, 'static>>().write(made) };
        Ok(())
    }))
}

/// Fills the next page.
///
/// @param pages what wi_pages_start() has made
/// @param page memory for a page
/// @param len the number of values for which it has room, at least 1; pages may differ in length
/// @param first receives the index of the page's first value in the plan's buffer, or 0 after the last page; may be NULL
/// @param count receives the number of values: at most `len`, and 0 after the last page; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_pages_next(
    pages: *mut wi_pages,
    page: *mut f32,
    len: usize,
    first: *mut usize,
    count: *mut usize,
) -> wi_error {
    if len == 0 {
        return WI_ERROR_WRONG_LENGTH;
    }
    // SAFETY: the caller's contract, and `wi_pages_start` has made the pages.
    let pages = unsafe { pages.cast::<Pages<'static, 'static>>().as_mut() }.ok_or(WI_ERROR_NULL);
    // SAFETY: the caller's contract.
    let arguments = pages.and_then(|pages| Ok((pages, unsafe { raw::slots(page, len) }?)));
    code(arguments.map(|(pages, page)| {
        let (start, filled) = match pages.next_page(page) {
            Some((start, values)) => (start, values.len()),
            None => (0, 0),
        };
        // SAFETY: the caller's contract.
        unsafe {
            raw::give(first, start);
            raw::give(count, filled);
        }
    }))
}
