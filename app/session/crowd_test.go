package session

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/vault"
)

// crowd has a number of others remembered, who were used before whoever is, with another
// entry of the portal.
func (d *desk) crowd(n int) {
	d.t.Helper()
	store := vault.New(vault.Params{Service: "test", Backend: d.keyStore, Timeout: time.Second})
	get := func(name string, into any) {
		raw, err := store.Get(d.t.Context(), name)
		if err == nil {
			err = json.Unmarshal(raw, into)
		}
		if err != nil {
			d.t.Fatal(err)
		}
	}
	put := func(name string, value any) {
		raw, err := json.Marshal(value)
		if err == nil {
			err = store.Put(d.t.Context(), name, raw)
		}
		if err != nil {
			d.t.Fatal(err)
		}
	}
	var ids []string
	var record map[string]any
	get("accounts", &ids)
	get("account."+ids[0], &record)
	for i := range n {
		id := fmt.Sprintf("other-%03d", i)
		account := record["account"].(map[string]any)
		account["id"], account["subject"], account["name"], account["email"] = id, id, "Other "+id, id+"@contoso.example"
		record["refresh_token"] = "not " + id
		put("account."+id, record)
		ids = append(ids, id)
	}
	put("accounts", ids)
}

// However many are remembered, a start reads what it needs to sign somebody in, and the
// others when somebody asks for them.
func TestStartReadsTheOthersWhenSomebodyAsks(t *testing.T) {
	reads := map[int]int{}
	for _, others := range []int{0, 50} {
		d := newDesk(t)
		r := d.start()
		r.signIn()
		r.stop()
		d.crowd(others)
		before := d.keyStore.Calls()
		r = d.start()
		r.await(phase(localapi.SignedIn))
		reads[others] = d.keyStore.Calls() - before
		if listed := r.Listed(); len(listed) != 1 {
			t.Errorf("%d accounts are listed before anybody asked", len(listed))
		}
		all, err := r.Accounts(t.Context())
		if err != nil || len(all) != others+1 || !all[0].Active {
			t.Errorf("%d accounts, %v", len(all), err)
		}
		if listed := r.Listed(); len(listed) != others+1 {
			t.Errorf("%d of %d accounts are listed after somebody asked", len(listed), others+1)
		}
		before = d.keyStore.Calls()
		r.ListAll(t.Context())
		if n := d.keyStore.Calls() - before; n != 0 {
			t.Errorf("%d calls of the key store for a list that is known", n)
		}
	}
	if reads[0] != reads[50] {
		t.Errorf("%d calls of the key store with 50 others, %d without", reads[50], reads[0])
	}
}

// Whoever has to show them all has them read after the start.
func TestListOfAllIsReadAfterTheStart(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	r.stop()
	d.crowd(3)
	r = d.start()
	r.await(phase(localapi.SignedIn))
	r.ListAll(t.Context())
	if listed := r.Listed(); len(listed) != 4 {
		t.Errorf("%d accounts are listed, want 4", len(listed))
	}
}

// A key store that has given nothing is not asked for more: its dialog would open again.
func TestListOfAllAsksNoKeyStoreThatGaveNothing(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	r.stop()
	d.keyStore.Fail(vault.Locked)
	r = d.start()
	r.await(phase(localapi.Blocked))
	before := d.keyStore.Calls()
	r.ListAll(t.Context())
	if n := d.keyStore.Calls() - before; n != 0 {
		t.Errorf("the key store was asked %d times more", n)
	}
}

// Of the accounts before the one that can be renewed, none is lost on the way.
func TestStartGoesPastWhomNobodyVouchesFor(t *testing.T) {
	for name, damaged := range map[string]bool{"another portal's": false, "damaged": true} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.described = []auth.Provider{{ID: "elsewhere", Authority: d.provider.URL, ClientID: d.work().ClientID}}
			r := d.start()
			r.signInAs(localapi.SignInRequest{})
			r.stop()
			d.described = nil
			d.provider.SetPerson(grace())
			r = d.start()
			r.signIn()
			r.stop()
			var order []string
			known, err := auth.NewAccounts(r.p.Store, "").All(t.Context())
			if err != nil || len(known) != 2 {
				t.Fatalf("%d accounts, %v", len(known), err)
			}
			if err := auth.NewAccounts(r.p.Store, r.p.LockDir).Use(t.Context(), known[1].ID); err != nil {
				t.Fatal(err)
			}
			if damaged {
				d.keyStore.Damage("test", func(entries map[string]string) {
					for name := range entries {
						if name == "account."+known[1].ID {
							entries[name] = "what is this"
						}
					}
				})
			}
			r = d.start()
			r.await(signedInAs("Grace Hopper"))
			for _, a := range r.Listed() {
				order = append(order, a.Name)
			}
			if !slices.Contains(order, "Grace Hopper") {
				t.Errorf("listed: %v", order)
			}
		})
	}
}
