package policy

import "reflect"

// Differences are the keys that IT has decided otherwise than before, in the table's
// order. The person's decisions are none of it.
func (s Settings) Differences(before Settings) (names []Name) {
	for _, k := range table() {
		now, was := s.Get(k.Name), before.Get(k.Name)
		if !reflect.DeepEqual(now.ofIT(), was.ofIT()) {
			names = append(names, k.Name)
		}
	}
	return names
}

// ofIT is IT's part of a setting: its source, its value, and its problem if it is
// unclear.
func (s Setting) ofIT() (said struct {
	value   any
	source  Source
	unclear string
}) {
	if s.Source.Kind.OfIT() {
		said.value, said.source = s.Value, s.Source
	} else {
		for _, other := range s.Others {
			if other.Source.Kind.OfIT() {
				said.value, said.source = other.Value, other.Source
				break
			}
		}
	}
	if s.Unclear != nil {
		said.unclear = s.Unclear.Source.Where + " " + s.Unclear.Value
	}
	return said
}
