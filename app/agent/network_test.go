package agent_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/portico-desktop/portico/app/agent"
	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/vault"
)

func TestFileOfExtraAuthoritiesThatCannotBeUsedIsTold(t *testing.T) {
	dir := t.TempDir()
	paths, err := desktop.PathsFor(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	notPEM := filepath.Join(dir, "authorities.pem")
	if err := os.WriteFile(notPEM, []byte("not a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{notPEM, filepath.Join(dir, "missing.pem")} {
		a := agent.New(agent.Params{
			Start: settings.Start{Paths: paths, Words: words.New("en")}, Network: agent.NetworkOptions(func(string) string { return file }),
			Store: vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()}),
		})
		state, err := a.Parts().State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(state.Notices) != 1 || state.Notices[0].Code != localapi.ExtraCAFile || state.Notices[0].Params["file"] != file {
			t.Errorf("%s: notices = %+v", file, state.Notices)
		}
	}
	if p := agent.CheckNetwork(network.Options{}); p != nil {
		t.Errorf("without a file: %v", p)
	}
}
