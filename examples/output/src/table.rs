//! Tables of text.

use comfy_table::{
    Cell, CellAlignment, ContentArrangement, Table,
    presets::{UTF8_FULL, UTF8_FULL_CONDENSED},
};

/// Returns an empty table with this header. `ruled` draws a line between its rows.
///
/// The table has its full width in any terminal, so that a redirected one looks the same.
pub fn table(header: &[&str], ruled: bool) -> Table {
    let mut table = Table::new();
    table
        .load_style(if ruled { UTF8_FULL } else { UTF8_FULL_CONDENSED })
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header.iter().map(|&title| Cell::new(title)));
    table
}

/// Returns the text of a cell with one line for each item.
pub fn lines<T>(items: impl IntoIterator<Item = T>, text: impl FnMut(T) -> String) -> String {
    items.into_iter().map(text).collect::<Vec<_>>().join("\n")
}

/// Aligns columns to the right.
pub fn align_right(table: &mut Table, columns: impl IntoIterator<Item = usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_several_lines_and_numbers_are_aligned() {
        let mut table = table(&["name", "n"], false);
        table.add_row([lines(["a", "b"], str::to_owned), lines([5, 50], |n| n.to_string())]);
        align_right(&mut table, 1..2);
        let expected = "\
┌──────┬────┐
│ name ┆  n │
╞══════╪════╡
│ a    ┆  5 │
│ b    ┆ 50 │
└──────┴────┘";
        assert_eq!(table.to_string(), expected);
    }
}
