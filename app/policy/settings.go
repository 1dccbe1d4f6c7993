package policy

import "encoding/json"

// SourceKind is the kind of a value's source, strongest first.
type SourceKind string

const (
	Machine     SourceKind = "machine-policy"
	User        SourceKind = "user-policy"
	Installer   SourceKind = "installer" // the package's values; count like a policy
	Personal    SourceKind = "user-setting"
	Defaults    SourceKind = "policy-default"
	Manifest    SourceKind = "manifest"
	BuiltIn     SourceKind = "built-in"
	Environment SourceKind = "environment" // for one run; counts like the person's setting
)

// Locks is true if the person cannot change the values of such a source.
func (k SourceKind) Locks() bool { return k == Machine || k == User || k == Installer }

// OfIT is true for IT's sources: a policy, the installer, or IT's defaults.
func (k SourceKind) OfIT() bool { return k.Locks() || k == Defaults }

// Source is the origin of a value.
type Source struct {
	Kind SourceKind
	// Where is the file, the registry key or the preference domain, "" for a source
	// without a place.
	Where string
}

// Setting is the value in force for one key.
type Setting struct {
	Key Key
	// Value has the type named at [Kind], never nil but for Objects.
	Value  any
	Source Source
	// Locked: a policy has decided, and the person cannot.
	Locked bool
	// By is the key that has decided this one, with its Source; "" for the key itself.
	By Name
	// Others are the values of other sources, strongest first, without the built-in
	// default. One that is stronger says [UserDecides].
	Others []Said
	// Unclear is the strongest policy's wrong value for a key that [Key.Restricts]:
	// nobody may sign in until it is right. Nil otherwise.
	Unclear *Problem
}

// Said is one source's value.
type Said struct {
	Value  any
	Source Source
}

// ProblemKind is the kind of a problem with a source.
type ProblemKind string

const (
	// OtherType: the value is of another type in the registry, and counts by its one
	// possible meaning; see Problem.Found.
	OtherType  ProblemKind = "other-type"
	WrongType  ProblemKind = "wrong-type"
	WrongValue ProblemKind = "wrong-value"
	UnknownKey ProblemKind = "unknown-key"
	// Unreadable: the source itself could not be read; Key is "".
	Unreadable ProblemKind = "unreadable"
	// Malformed: the source is not of its format, from Line and Column on.
	Malformed ProblemKind = "malformed"
	// Writable: others than the administrator may write the source, and nothing of
	// it is used.
	Writable ProblemKind = "writable"
	// Private: the source counts here, and others on this computer cannot read it.
	Private ProblemKind = "private"
	// TooLarge: nothing of the source is used.
	TooLarge ProblemKind = "too-large"
	// Duplicate: a source says a key twice. The last one counts.
	Duplicate ProblemKind = "duplicate"
	// NotPersonal: the person's settings name a key that only IT may decide.
	NotPersonal ProblemKind = "not-personal"
)

// Problem is an unused part of a source, with the reason.
type Problem struct {
	Kind   ProblemKind
	Key    string
	Source Source
	// Value is the unused value, cut for display; "" if there is none to show.
	// Addresses are shown without a password.
	Value string
	// Allowed describes the right values, as in "always, never, user-decides".
	Allowed string
	// Found and Wanted are types of the registry, as in REG_SZ, for a value with
	// another type than the key's; "" otherwise.
	Found, Wanted string
	// Suggestion is the key probably meant, "" for none.
	Suggestion string
	// Line and Column are the place in a file, from 1; 0 if it is not known.
	Line, Column int
	// Closes: nobody may sign in until it is right; see [Setting.Unclear] and [Closed].
	Closes bool
	// Instead takes the place of a source that cannot be read as a whole.
	Instead Instead
	// Err is the technical error, nil for none.
	Err error
}

// Layers are the sources besides the operating system's, each by key. Values are
// checked like those of a policy.
type Layers struct {
	// Personal are the person's own settings, Environment those of one run, and
	// Manifest those of the portal.
	Personal, Environment, Manifest map[Name]any
	// PersonalWhere is the file of the personal ones.
	PersonalWhere string
}

// Settings are the values in force, for every key of the table. The zero value is not
// useful; [Policies.Resolve] makes them. They never change, and are safe for concurrent
// use.
type Settings struct {
	settings map[Name]Setting
	problems []Problem
	shut     *Problem
}

// Get returns the setting of a key of the table. It panics for another one.
func (s Settings) Get(name Name) Setting {
	v, ok := s.settings[name]
	if !ok {
		panic("policy: there is no key " + string(name))
	}
	return v
}

// Text is the value of a Text, Address, File or Choice.
func (s Settings) Text(name Name) string { return s.Get(name).Value.(string) }

// On is the value of a Flag; for a Tri it is true if the value is [Always].
func (s Settings) On(name Name) bool {
	v := s.Get(name)
	if v.Key.Kind == Tri {
		return v.Value == Always
	}
	return v.Value.(bool)
}

// Number is the value of a Number, in the key's unit.
func (s Settings) Number(name Name) int { return s.Get(name).Value.(int) }

// List is the value of a List, nil for none.
func (s Settings) List(name Name) []string { return s.Get(name).Value.([]string) }

// Objects is the value of Objects: a JSON array, nil for none.
func (s Settings) Objects(name Name) json.RawMessage {
	raw, _ := s.Get(name).Value.(json.RawMessage)
	return raw
}

// All lists the settings, in the table's order.
func (s Settings) All() []Setting {
	var all []Setting
	for _, k := range table() {
		all = append(all, s.Get(k.Name))
	}
	return all
}

// Unclear is the reason why nobody may sign in: a policy's wrong value for a key that
// [Key.Restricts], or an unreadable source that may hold such a value. Nil if there is
// no such reason.
func (s Settings) Unclear() *Problem {
	if s.shut != nil {
		return s.shut
	}
	for _, k := range table() {
		if p := s.Get(k.Name).Unclear; p != nil {
			return p
		}
	}
	return nil
}

// Problems lists the unused parts of the sources, with the reason.
func (s Settings) Problems() []Problem { return s.problems }
