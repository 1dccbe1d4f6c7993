package identity_test

import (
	"net/http"
	"testing"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// Each provider of a manifest vouches for its own people, who are others than those with the
// same subject and address at the next one.
func TestEachProviderVouchesForItsOwn(t *testing.T) {
	w, elsewhere := newWorld(t, nil), newWorld(t, nil)
	second := elsewhere.described()
	second.ID = "partner"
	both := []auth.Provider{second, w.described()}
	w.params.Providers = both
	w.start()
	here, err := w.identity.Check(t.Context(), w.enter())
	if err != nil {
		t.Fatal(err)
	}
	status, given, refused := w.exchange(api.TypeIDToken, elsewhere.idToken())
	if status != http.StatusOK {
		t.Fatalf("%d %+v", status, refused)
	}
	there, err := w.identity.Check(t.Context(), given.AccessToken)
	if err != nil || there.Row == here.Row || there.Address != "" {
		t.Errorf("%+v, %v; the other is %+v", there, err, here)
	}
	// One that is away keeps nobody of the other out.
	later := elsewhere.idToken()
	w.start()
	lift := elsewhere.provider.Fault(authtest.Status(authtest.Discovery, http.StatusBadGateway))
	w.enter()
	lift()
	// One that the manifest no longer names vouches for nobody.
	if err := w.identity.SetProviders(both[1:]); err != nil {
		t.Fatal(err)
	}
	if status, _, refused := w.exchange(api.TypeIDToken, later); status != http.StatusBadRequest || refused.Code != api.TokenInvalidGrant {
		t.Errorf("a provider of a former manifest: %d %+v", status, refused)
	}
}
