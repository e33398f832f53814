/**
 * Why a message is refused: the codes of contracts/refusals.json, because the image of the bridge does not have
 * contracts/. A test compares them.
 */
export const CODES = `
  topic_too_long empty too_large not_utf8 not_json too_deep too_many_values key_twice surrogate not_a_map too_many no_quote
  field_missing field_name sid_missing quote_missing sid_type quote_type quote_range time_type time_range
  time_unsafe time_format time_ambiguous time_impossible id_type number_unsafe number_range other_symbol
  command_missing command_unknown command_field command_text command_expiry command_address command_force
  command_positions query_too_large query_client algorithm
`
  .trim()
  .split(/\s+/);
