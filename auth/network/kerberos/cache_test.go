package kerberos

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfiguration(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("more/sssd_pubconf", "[domain_realm]\n.contoso.test = CONTOSO.TEST\n")
	write("more/.hidden.conf", "[libdefaults]\ndefault_realm = HIDDEN\n")
	write("more/x.conf", "[libdefaults]\ndefault_ccache_name = KCM:\n")
	write("more/y.rpmsave", "[libdefaults]\ndefault_realm = SAVED\n")
	write("other", "include "+filepath.Join(dir, "other")+"\n[libdefaults]\ndns_lookup_kdc = FALSE\n")
	first := write("krb5.conf", `# a comment
includedir `+filepath.Join(dir, "more")+`
include `+filepath.Join(dir, "other")+`
[libdefaults]
  default_realm = "CONTOSO.TEST"
  default_realm = LATER
[realms]
  CONTOSO.TEST = {
    kdc = kdc1.contoso.test
    kdc = tcp/kdc2.contoso.test:888
    kdc = https://kdcproxy.contoso.test/KdcProxy
    kdc = [fd00::1]:88
    admin_server = kdc1.contoso.test
  }
  OTHER.TEST = {
    kdc = other
  }
[domain_realm]
  proxy.contoso.test = OTHER.TEST
`)
	second := write("second.conf", "[libdefaults]\nkcm_socket = /x\n")
	env := map[string]string{"KRB5_CONFIG": first + string(os.PathListSeparator) + second + string(os.PathListSeparator) + "/nowhere"}
	l := &LogOn{env: func(name string) string { return env[name] }}
	c := l.config()
	want := &config{
		defaultRealm: "CONTOSO.TEST", defaultCache: "KCM:", kcmSocket: "/x",
		servers: map[string][]string{
			"CONTOSO.TEST": {"kdc1.contoso.test:88", "kdc2.contoso.test:888", "[fd00::1]:88"}, "OTHER.TEST": {"other:88"},
		},
		realms: map[string]string{".contoso.test": "CONTOSO.TEST", "proxy.contoso.test": "OTHER.TEST"},
	}
	if diff := cmp.Diff(want, c, cmp.AllowUnexported(config{})); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	for host, realm := range map[string]string{"proxy.contoso.test": "OTHER.TEST", "a.b.contoso.test": "CONTOSO.TEST", "contoso.test": "", "localhost": ""} {
		if got := c.realmOf(host); got != realm {
			t.Errorf("%s is of %q, want %q", host, got, realm)
		}
	}
}

func TestCacheNames(t *testing.T) {
	id := strconv.Itoa(os.Getuid())
	for _, test := range []struct{ env, conf, want string }{
		{"", "", "FILE:/tmp/krb5cc_" + id},
		{"", "KEYRING:persistent:%{uid}", "KEYRING:persistent:" + id},
		{"", "DIR:%{TEMP}/a%{null}", "DIR:/tmp/a"},
		{"/tmp/a:b", "KCM:", "FILE:/tmp/a:b"},
		{"KCM:", "FILE:/x", "KCM:"},
		{"relative", "", "FILE:relative"},
	} {
		l := &LogOn{env: func(name string) string { return map[string]string{"KRB5CCNAME": test.env}[name] }}
		if got := l.cacheName(&config{defaultCache: test.conf}); got != test.want {
			t.Errorf("%+v gives %s", test, got)
		}
	}
}

// Whatever a cache holds, reading it ends.
func FuzzCache(f *testing.F) {
	f.Add([]byte{5, 4, 0, 0})
	f.Add([]byte{5, 4, 0, 12, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 'R', 0, 0, 0, 1, 'a', 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseCache(raw)
		if (c == nil) == (err == nil) {
			t.Errorf("%v, %v", c, err)
		}
	})
}
