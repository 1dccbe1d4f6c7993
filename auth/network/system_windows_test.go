package network

import (
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/windows/registry"
)

// The real registry, below a key of the test's own: this user's settings are left
// alone.
func TestTheRegistryIsRead(t *testing.T) {
	path := fmt.Sprintf(`Software\portico-test-%d`, os.Getpid())
	root, _, err := registry.CreateKey(registry.CURRENT_USER, path, registry.ALL_ACCESS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, key := range []string{settingsKey + `\Connections`, settingsKey, `Software\Microsoft\Windows\CurrentVersion`, `Software\Microsoft\Windows`, `Software\Microsoft`, `Software`} {
			_ = registry.DeleteKey(root, key)
		}
		root.Close()
		if err := registry.DeleteKey(registry.CURRENT_USER, path); err != nil {
			t.Error(err)
		}
	})
	read := func(want internetSettings) {
		t.Helper()
		got, err := readInternetSettings(root)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(internetSettings{}), cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("settings (-want +got):\n%s\n%v", diff, err)
		}
	}
	read(internetSettings{}) // there is no key

	key, _, err := registry.CreateKey(root, settingsKey, registry.ALL_ACCESS)
	if err != nil {
		t.Fatal(err)
	}
	defer key.Close()
	read(internetSettings{}) // there are no values

	connections, _, err := registry.CreateKey(key, "Connections", registry.ALL_ACCESS)
	if err != nil {
		t.Fatal(err)
	}
	defer connections.Close()
	for _, err := range []error{
		key.SetDWordValue("ProxyEnable", 1),
		key.SetStringValue("ProxyServer", "proxy.contoso.test:8080"),
		key.SetStringValue("ProxyOverride", "*.contoso.test;<local>"),
		key.SetExpandStringValue("AutoConfigURL", "http://wpad.contoso.test/proxy.pac"),
		connections.SetBinaryValue("DefaultConnectionSettings", connectionSettings(15)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	read(internetSettings{
		proxyEnable: true, proxyServer: "proxy.contoso.test:8080", proxyOverride: "*.contoso.test;<local>",
		autoConfigURL: "http://wpad.contoso.test/proxy.pac", connection: connectionSettings(15),
	})
}

// Whatever this computer is set up with can be read.
func TestThisComputersSettingsAreRead(t *testing.T) {
	s, err := readSystem()
	if err != nil {
		t.Error(err)
	}
	t.Logf("%+v", systemRules(s).shown)
}
