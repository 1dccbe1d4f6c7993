package auth

import (
	"bytes"
	"encoding/json"
)

// maxNumbers is more than Entra ever gives at once.
const maxNumbers = 8

// addEntra reads Entra's additions to a refusal, member by member: an odd one hides no
// other. The suberror decides if a refresh token lives on.
func (e *ProviderError) addEntra(body []byte) {
	var members map[string]json.RawMessage
	if json.Unmarshal(withoutBOM(body), &members) != nil {
		return
	}
	text := func(name string) string {
		var found displayed
		if raw, ok := members[name]; ok {
			_ = found.UnmarshalJSON(raw) // takes every value
		}
		return found.text
	}
	e.Suberror, e.CorrelationID, e.TraceID = clean(text("suberror")), clean(text("correlation_id")), clean(text("trace_id"))
	e.Numbers = entraNumbers(members["error_codes"])
	if e.Claims = challenge(text("claims")); e.Claims == "" {
		e.Claims = challenge(string(bytes.TrimSpace(members["claims"]))) // the object itself, and not its text
	}
}

// entraNumber is one, with or without its prefix.
var entraNumber = pattern(`^(?:AADSTS)?([0-9]{1,9})$`)

// entraNumbers are those of a list, or the one in its place, as numbers or as texts.
func entraNumbers(raw json.RawMessage) (numbers []string) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	for _, member := range list {
		text := string(member)
		_ = json.Unmarshal(member, &text)
		if found := entraNumber().FindStringSubmatch(text); found != nil && len(numbers) < maxNumbers {
			numbers = append(numbers, "AADSTS"+found[1])
		}
	}
	return numbers
}
