package policy

import (
	"context"
	"testing"
	"time"

	"golang.org/x/sys/windows/registry"
)

// A value that is set, and a key that comes and goes, in this test's own part of the
// registry.
func TestChangesOfTheRegistryAreNoticed(t *testing.T) {
	d := newRegistryDesk(t)
	path := d.path + `\Policies\Portico`
	noticed := make(chan struct{}, 100)
	ctx, cancel := context.WithCancel(t.Context())
	wait := watchRegistry(ctx, []watched{{registry.CURRENT_USER, path}}, func() { noticed <- struct{}{} })
	told := func(step string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		limit := time.NewTimer(20 * time.Second)
		defer limit.Stop()
		select {
		case <-noticed:
		case <-limit.C:
			t.Fatalf("%s: nobody was told", step)
		}
	}
	d.create("Policies")
	told("the key above comes", nil)
	key := d.create(`Policies\Portico`)
	told("the key comes", nil)
	told("a value", key.SetDWordValue("SignInEnabled", 0))
	told("another value", key.SetDWordValue("SignInEnabled", 1))
	told("a key below", d.create(`Policies\Portico\Defaults`).SetStringValue("Theme", "dark"))
	cancel()
	wait()
}
