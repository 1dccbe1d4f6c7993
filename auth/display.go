package auth

import "encoding/json"

// displayed is a claim for people to read; nothing is decided by it. Directories send
// several values in the place of the standard's one (OpenID Connect Core 1.0, section
// 5.1): the first text of a list counts, and a value without text counts as absent.
type displayed struct {
	text string
	// listed: it came in a list; odd: in anything but a text.
	listed, odd bool
}

// UnmarshalJSON takes every value.
func (d *displayed) UnmarshalJSON(raw []byte) error {
	*d = displayed{}
	if json.Unmarshal(raw, &d.text) == nil {
		return nil
	}
	d.odd = true
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil //nolint:nilerr // it is odd, and shows nothing
	}
	d.listed = true
	for _, value := range list {
		if json.Unmarshal(value, &d.text) == nil && d.text != "" {
			break
		}
	}
	return nil
}
