package policy

import "encoding/json"

// SourceKind says who has spoken, strongest first.
type SourceKind string

const (
	Machine     SourceKind = "machine-policy"
	User        SourceKind = "user-policy"
	Installer   SourceKind = "installer" // what the package was told; counts like a policy
	Personal    SourceKind = "user-setting"
	Defaults    SourceKind = "policy-default"
	Manifest    SourceKind = "manifest"
	BuiltIn     SourceKind = "built-in"
	Environment SourceKind = "environment" // for one run; counts like the person's setting
)

// Locks says whether what is said there cannot be changed by the person.
func (k SourceKind) Locks() bool { return k == Machine || k == User || k == Installer }

// OfIT says whether IT has spoken: a policy, the installer, or IT's defaults.
func (k SourceKind) OfIT() bool { return k.Locks() || k == Defaults }

// Source is where a value comes from.
type Source struct {
	Kind SourceKind
	// Where is the file, the registry key or the preference domain, "" for what has
	// no place.
	Where string
}

// Setting is what counts for one key.
type Setting struct {
	Key Key
	// Value is of the type that [Kind] names, never nil but for Objects.
	Value  any
	Source Source
	// Locked: a policy has decided, and the person cannot.
	Locked bool
	// By is the key that has decided this one, with its Source; "" for the key itself.
	By Name
	// Others are what other sources say, strongest first, the built-in default left
	// out. One that is stronger says [UserDecides].
	Others []Said
	// Unclear is what the strongest policy says about a key that [Key.Restricts],
	// where that is wrong: nobody may sign in until it is right. Nil otherwise.
	Unclear *Problem
}

// Said is what one source says.
type Said struct {
	Value  any
	Source Source
}

// ProblemKind says what is wrong with what a source says.
type ProblemKind string

const (
	// OtherType: the value is of another type in the registry, and counts as what it can
	// only mean; see Problem.Found.
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
	// Private: the source counts here, and others who use this computer cannot read it.
	Private ProblemKind = "private"
	// TooLarge: nothing of the source is used.
	TooLarge ProblemKind = "too-large"
	// Duplicate: a source says a key twice. The last one counts.
	Duplicate ProblemKind = "duplicate"
	// NotPersonal: the person's settings name a key that only IT may decide.
	NotPersonal ProblemKind = "not-personal"
)

// Problem is something that is not used, and why.
type Problem struct {
	Kind   ProblemKind
	Key    string
	Source Source
	// Value is what was said, cut for display; "" where there is none to show.
	// Addresses are shown without a password.
	Value string
	// Allowed says in words what would be right, as in "always, never, user-decides".
	Allowed string
	// Found and Wanted are types of the registry, as in REG_SZ, where the value's type
	// is not the one that the key has; "" otherwise.
	Found, Wanted string
	// Suggestion is a key that was probably meant, "" for none.
	Suggestion string
	// Line and Column say where in a file, from 1; 0 where that is not known.
	Line, Column int
	// Closes: nobody may sign in until it is right; see [Setting.Unclear] and [Closed].
	Closes bool
	// Instead is what counts in the place of a source that cannot be read as a whole.
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

// Settings are what counts, for every key of the table. The zero value is not
// useful; [Policies.Resolve] makes them. They never change, and are safe for
// concurrent use.
type Settings struct {
	settings map[Name]Setting
	problems []Problem
	shut     *Problem
}

// Get returns what counts for a key of the table. It panics for another one.
func (s Settings) Get(name Name) Setting {
	v, ok := s.settings[name]
	if !ok {
		panic("policy: there is no key " + string(name))
	}
	return v
}

// Text is the value of a Text, Address, File or Choice.
func (s Settings) Text(name Name) string { return s.Get(name).Value.(string) }

// On is the value of a Flag, and for a Tri whether it is [Always].
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

// All lists what counts, in the table's order.
func (s Settings) All() []Setting {
	var all []Setting
	for _, k := range table() {
		all = append(all, s.Get(k.Name))
	}
	return all
}

// Unclear is why nobody may sign in: what a policy says that [Key.Restricts] and is
// wrong, or a source that may say such a thing and cannot be read. Nil where there is
// nothing of the kind.
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

// Problems lists what is not used, and why.
func (s Settings) Problems() []Problem { return s.problems }
