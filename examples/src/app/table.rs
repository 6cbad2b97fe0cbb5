//! Columns of text.

/// Lays out rows in columns, two spaces apart. Columns in which no row but the
/// heading says anything are left out.
pub(super) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> Vec<String> {
    let used: Vec<usize> = (0..N)
        .filter(|&column| rows.iter().any(|row| !row[column].is_empty()))
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].as_str());
        let widths = cells
            .chain([heading[column]])
            .map(|cell| cell.chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: Vec<(usize, usize)> = used.iter().map(|&n| (n, width(n))).collect();
    let line = |cells: &[&str; N]| {
        let cells = widths.iter().map(|&(column, width)| {
            let cell = cells[column];
            format!("{cell:width$}")
        });
        let line: Vec<String> = cells.collect();
        line.join("  ").trim_end().to_owned()
    };
    let heading = line(&heading);
    let rows = rows
        .iter()
        .map(|row| line(&row.each_ref().map(String::as_str)));
    [heading].into_iter().chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_line_up_and_empty_ones_go() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned);
        let rows = [row(["a", "landed", "", "x"]), row(["日本", "held", "", ""])];
        let lines = table(["task", "state", "cost", "why"], &rows);
        assert_eq!(
            lines,
            ["task  state   why", "a     landed  x", "日本    held"]
        );
    }
}
