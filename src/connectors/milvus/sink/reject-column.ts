/** The column of a reject file that says why a row was refused; an import leaves it out. */
export const REJECT_COLUMN = '$reject';
