package session

import (
	"reflect"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// filled sets every member of a struct to something, those that are not exported too, and
// fails where it does not know how: a member that is added later is not forgotten.
func filled(t *testing.T, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		f := v.Field(i)
		f = reflect.NewAt(f.Type(), f.Addr().UnsafePointer()).Elem()
		switch f.Kind() {
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
		case reflect.Bool:
			f.SetBool(true)
		case reflect.String:
			f.SetString("x")
		case reflect.Int:
			f.SetInt(1)
		case reflect.Map:
			f.Set(reflect.MakeMap(f.Type()))
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		case reflect.Struct:
			if f.Type() == reflect.TypeFor[time.Time]() {
				f.Set(reflect.ValueOf(time.Unix(1, 0)))
				continue
			}
			filled(t, f)
		default:
			t.Fatalf("%s is a %s, which this test cannot fill", v.Type().Field(i).Name, f.Kind())
		}
	}
}

// Whoever comes next must find nothing of the person before, whatever is held of people by
// then.
func TestNothingOfAPersonIsLeft(t *testing.T) {
	for name, change := range map[string]struct {
		act  func(w *who)
		want map[string]bool // the members that may be set
	}{
		"reset": {func(w *who) { w.reset() }, nil},
		"become somebody": {
			func(w *who) { w.become(auth.Account{ID: "grace"}, nil, false) },
			map[string]bool{"account": true, "unkept": true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := who{}
			filled(t, reflect.ValueOf(&w).Elem())
			v := reflect.ValueOf(w)
			for i := range v.NumField() {
				if v.Field(i).IsZero() {
					t.Fatalf("%s is not filled, and this test sees nothing of it", v.Type().Field(i).Name)
				}
			}
			former := w.account
			change.act(&w)
			v = reflect.ValueOf(w)
			for i := range v.NumField() {
				if field := v.Type().Field(i).Name; !v.Field(i).IsZero() && !change.want[field] {
					t.Errorf("%s is left of the person before", field)
				}
			}
			if w.account == former {
				t.Error("it is still the person before")
			}
		})
	}
}

func TestWhoCanBeRenewed(t *testing.T) {
	ada := auth.Account{ID: "ada"}
	fresh, spent := &auth.Tokens{RefreshToken: "r"}, &auth.Tokens{}
	for name, test := range map[string]struct {
		who        who
		can, holds bool // holds fresh
	}{
		"nobody":                         {who{}, false, false},
		"nobody, with a stray":           {who{tokens: fresh, kept: true}, false, false},
		"kept":                           {who{account: &ada, kept: true}, true, false},
		"in memory":                      {who{account: &ada, tokens: fresh}, true, true},
		"in memory, and not renewable":   {who{account: &ada, tokens: spent}, false, false},
		"somebody else":                  {who{account: &auth.Account{ID: "grace"}, tokens: fresh}, true, false},
		"whose sign-in is known no more": {who{account: &ada, unkept: &localapi.Problem{}}, false, false},
	} {
		if can, holds := test.who.canRenew(), test.who.holds("ada", fresh); can != test.can || holds != test.holds {
			t.Errorf("%s: can be renewed %v, holds %v; want %v, %v", name, can, holds, test.can, test.holds)
		}
		test.who.lapsed()
		if test.who.canRenew() || test.who.tokens != nil {
			t.Errorf("%s: lapsed, and %+v", name, test.who)
		}
	}
}

// Whatever ends a person's time here leaves nothing of them in the state but what was put
// aside, which is theirs alone.
func TestNothingOfAPersonIsLeftInTheState(t *testing.T) {
	for name, test := range map[string]struct {
		end   func(s *state)
		aside int
	}{
		"left for another": {func(s *state) { s.leave() }, 1},
		"forgotten":        {func(s *state) { s.forget() }, 0},
		"described away":   {func(s *state) { s.redescribed(func(string) bool { return false }) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newState(time.Now, false)
			filled(t, reflect.ValueOf(&s.who).Elem())
			s.who.kept, s.who.tokens.RefreshToken = false, "r"
			test.end(s)
			if v := reflect.ValueOf(s.who); !v.IsZero() {
				t.Errorf("left is %+v", s.who)
			}
			if len(s.roster.aside) != test.aside {
				t.Errorf("put aside are %d, want %d", len(s.roster.aside), test.aside)
			}
		})
	}
}
