package session

import (
	"slices"
	"testing"

	"github.com/portico-desktop/portico/auth"
)

func account(id string) auth.Account {
	return auth.Account{ID: id, Provider: "work", Issuer: "https://id.example", Subject: id}
}

func tokensOf(id string) *auth.Tokens { return &auth.Tokens{Account: account(id), RefreshToken: "r"} }

func TestOnlyWhatNoKeyStoreHoldsIsPutAside(t *testing.T) {
	ada := account("ada")
	for name, test := range map[string]struct {
		who  who
		want bool
	}{
		"nobody":                 {who{}, false},
		"kept":                   {who{account: &ada, tokens: tokensOf("ada"), kept: true}, false},
		"in memory":              {who{account: &ada, tokens: tokensOf("ada")}, true},
		"nothing to renew it by": {who{account: &ada, tokens: &auth.Tokens{}}, false},
		"without tokens":         {who{account: &ada}, false},
	} {
		r := roster{aside: map[string]*auth.Tokens{}}
		r.putAside(&test.who)
		if got := r.take("ada") != nil; got != test.want {
			t.Errorf("%s: put aside %v, want %v", name, got, test.want)
		}
		if r.take("ada") != nil {
			t.Errorf("%s: it is taken twice", name)
		}
	}
}

func TestASignInTakesThePlaceOfWhatWasPutAside(t *testing.T) {
	renamed := account("ada")
	renamed.ID = "another name of ada's"
	r := roster{aside: map[string]*auth.Tokens{"ada": tokensOf("ada"), "grace": tokensOf("grace")}}
	r.list = &storeList{known: []auth.Known{{Account: renamed, Remembered: true}}}
	r.signedIn(renamed, true)
	if r.aside["ada"] != nil || r.aside["grace"] == nil {
		t.Errorf("aside are %v", r.aside)
	}
	if r.list == nil || r.edition != 0 {
		t.Error("a list that says the truth is asked for again")
	}
	r.signedIn(renamed, false)
	if r.list != nil || r.edition != 1 {
		t.Error("a list that says more than the truth is believed")
	}
}

func TestEverybodyIsListedOnce(t *testing.T) {
	ada := account("ada")
	r := roster{aside: map[string]*auth.Tokens{"ada": tokensOf("ada"), "grace": tokensOf("grace")}}
	known := r.with(&who{account: &ada, kept: true}, []auth.Known{{Account: account("mary"), Remembered: true}})
	var ids []string
	for _, k := range known {
		ids = append(ids, k.ID)
		if k.Remembered != (k.ID != "grace") {
			t.Errorf("%s is remembered: %v", k.ID, k.Remembered)
		}
	}
	if want := []string{"mary", "ada", "grace"}; !slices.Equal(ids, want) {
		t.Errorf("listed are %v, want %v", ids, want)
	}
}
