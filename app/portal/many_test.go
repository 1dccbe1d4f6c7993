package portal

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestProvidersAreBounded(t *testing.T) {
	with := func(n int) error {
		entries := make([]string, n)
		for i := range entries {
			entries[i] = fmt.Sprintf(`{"id":"p%d","authority":"https://login%d.example","client_id":"x"}`, i, i)
		}
		_, err := ParseProviders([]byte("["+strings.Join(entries, ",")+"]"), "x")
		return err
	}
	if err := with(maxProviders); err != nil {
		t.Error(err)
	}
	var p *localapi.Problem
	if err := with(maxProviders + 1); !errors.As(err, &p) || p.Code != localapi.ManifestInvalid || p.Params["field"] != "providers" || !strings.Contains(p.Params["reason"], "201") {
		t.Errorf("one more: %v", err)
	}
}
