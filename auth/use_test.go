package auth_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth/authtest"
)

func TestUsePutsAnAccountFirst(t *testing.T) {
	d := newDesk(t)
	ada := d.mustSignIn().Account
	d.provider.SetPerson(authtest.Person{Subject: "grace", Name: "Grace Hopper"})
	grace := d.mustSignIn().Account
	for _, step := range []struct {
		use  string
		want []string
	}{
		{"", []string{grace.ID, ada.ID}},
		{ada.ID, []string{ada.ID, grace.ID}},
		{ada.ID, []string{ada.ID, grace.ID}},
		{"nobody", []string{ada.ID, grace.ID}},
		{grace.ID, []string{grace.ID, ada.ID}},
	} {
		if step.use != "" {
			if err := d.accounts().Use(t.Context(), step.use); err != nil {
				t.Fatal(err)
			}
		}
		known, err := d.accounts().All(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, k := range known {
			got = append(got, k.ID)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("after using %q (-want +got):\n%s", step.use, diff)
		}
	}
}
