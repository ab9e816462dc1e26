package profiles

import _ "embed"

//go:embed profile.schema.json
var schemaJSON string

// JSONSchema returns the JSON Schema (draft 7) of a profile, for editors that complete and
// check YAML. It is made from the types and their comments by the test beside it,
// so that it cannot fall behind them. It knows less than Load: spelling of values, companions
// and contradictions are Load's alone.
func JSONSchema() []byte { return []byte(schemaJSON) }
