package diag

import (
	"runtime"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

// Whoever sets these decides whom Portico believes; somebody looking for the reason of a
// certificate that is not known has to see them.
func TestAuthoritiesOfTheEnvironmentAreNamed(t *testing.T) {
	env := map[string]string{"SSL_CERT_FILE": "/home/ada/ca.pem", "SSL_CERT_DIR": "/home/ada/ca"}
	x := &examination{Desk: Desk{Env: func(name string) string { return env[name] }}}
	for system, want := range map[string]int{"linux": 2, "windows": 0, "darwin": 0} {
		found := x.otherAuthorities(system)
		if len(found) != want {
			t.Errorf("%s: %d are named", system, len(found))
		}
		for _, c := range found {
			if c.ID != "authorities" || c.Status != localapi.CheckGood || env[c.Subject] == "" || !strings.HasSuffix(c.Facts[0], ": "+env[c.Subject]) {
				t.Errorf("%s: %+v", system, c)
			}
		}
	}
	if runtime.GOOS == "linux" && len(x.checkAuthorities()) != 2 {
		t.Error("the doctor does not list them")
	}
	if found := (&examination{Desk: Desk{}.withDefaults()}).checkAuthorities(); len(found) != 0 {
		t.Errorf("without the variables: %v", found)
	}
}
