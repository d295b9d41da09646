"""Records to the native API's JSON: the record's own words, times as RFC 3339 in UTC."""
