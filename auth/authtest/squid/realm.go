package squid

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Realm is a Kerberos realm with a KDC of its own. It knows [Name] by [Password], and
// the service of a proxy on this computer.
type Realm struct {
	// Config is its krb5.conf, for KRB5_CONFIG.
	Config string
	// Service is the proxy's, as in "HTTP/localhost".
	Service string

	dir, keytab string
	stop        func()
}

// RealmOptions say what a realm is like. The zero value is one on this computer.
type RealmOptions struct {
	// Address is the address of its KDC, "" for 127.0.0.1.
	Address string
	// Proxy is its name for the proxy, "" for localhost.
	Proxy string
	// Others are other realms. They trust this one. Each knows HTTP/proxy.NAME, its own
	// name in small letters, and the server refers requests for that to it.
	Others []string
}

// StartRealm starts a KDC for a proxy on this computer until the test ends; see
// RealmOptions.Others. The test is skipped if no KDC is installed.
func StartRealm(t T, others ...string) *Realm {
	t.Helper()
	return RealmOptions{Others: others}.Start(t)
}

// Start starts a KDC until the test ends. The test is skipped if no KDC is installed.
func (o RealmOptions) Start(t T) *Realm {
	t.Helper()
	address, proxy := cmp.Or(o.Address, "127.0.0.1"), cmp.Or(o.Proxy, "localhost")
	kdc, util := find(t, "krb5kdc", "krb5-kdc"), find(t, "kdb5_util", "krb5-kdc")
	find(t, "kadmin.local", "krb5-admin-server")
	find(t, "kinit", "krb5-user")
	dir, port := folder(t), FreePort(t, address)
	r := &Realm{Config: filepath.Join(dir, "krb5.conf"), Service: "HTTP/" + proxy, dir: dir, keytab: filepath.Join(dir, "http.keytab")}
	var realms, domains, databases strings.Builder
	for _, other := range o.Others {
		fmt.Fprintf(&realms, " %s = {\n  kdc = %s:%s\n }\n", other, address, port)
		fmt.Fprintf(&domains, " .%s = %s\n", strings.ToLower(other), other)
		fmt.Fprintf(&databases, " %[1]s = {\n  database_name = %[2]s/%[1]s\n  key_stash_file = %[2]s/%[1]s.stash\n  max_life = 10h\n }\n", other, dir)
	}
	for name, content := range map[string]string{"krb5.conf": fmt.Sprintf(`[libdefaults]
 default_realm = PORTICO.TEST
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 allow_rc4 = true
 allow_weak_crypto = true
[realms]
 PORTICO.TEST = {
  kdc = %s:%s
 }
%s[domain_realm]
 %s = PORTICO.TEST
%s`, address, port, &realms, proxy, &domains), "kdc.conf": fmt.Sprintf(`[kdcdefaults]
 kdc_ports = %[1]s
 kdc_tcp_ports = %[1]s
[realms]
 PORTICO.TEST = {
  database_name = %[2]s/principal
  key_stash_file = %[2]s/stash
  acl_file = %[2]s/acl
  max_life = 10h
 }
%[3]s`, port, dir, &databases)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.do(t, util, "-r", "PORTICO.TEST", "create", "-s", "-P", "master")
	r.Admin(t, "addprinc -pw "+Password+" "+Name, "addprinc -randkey "+r.Service, "ktadd -k "+r.keytab+" "+r.Service)
	serves := []string{"-n", "-r", "PORTICO.TEST", "-P", filepath.Join(dir, "kdc.pid")}
	for _, other := range o.Others {
		r.do(t, util, "-r", other, "create", "-s", "-P", "master")
		trust := "addprinc -pw trust krbtgt/" + other + "@PORTICO.TEST"
		r.Admin(t, trust)
		r.AdminOf(t, other, trust, "addprinc -randkey HTTP/proxy."+strings.ToLower(other))
		serves = append(serves, "-r", other)
	}
	cmd := exec.Command(kdc, serves...)
	cmd.Env = append(r.env(), "KRB5_TRACE=/dev/null")
	r.stop = run(t, cmd, "starting")
	answering(t, address, port)
	return r
}

// Stop ends the KDC.
func (r *Realm) Stop() { r.stop() }

// Admin has the realm's administrator give commands.
func (r *Realm) Admin(t T, commands ...string) {
	t.Helper()
	r.AdminOf(t, "PORTICO.TEST", commands...)
}

// AdminOf is Admin of another realm.
func (r *Realm) AdminOf(t T, realm string, commands ...string) {
	t.Helper()
	for _, c := range commands {
		r.do(t, find(t, "kadmin.local", "krb5-admin-server"), "-r", realm, "-q", c)
	}
}

// LogOn logs a person on, with the ticket in a cache such as "FILE:/…"; options are kinit's.
func (r *Realm) LogOn(t T, cache, name, password string, options ...string) {
	t.Helper()
	cmd := exec.Command(find(t, "kinit", "krb5-user"), append(append([]string{"-c", cache}, options...), name)...)
	cmd.Env, cmd.Stdin = r.env(), strings.NewReader(password+"\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("kinit: %v: %s", err, out)
	}
}

func (r *Realm) env() []string {
	return append(os.Environ(), "KRB5_CONFIG="+r.Config, "KRB5_KDC_PROFILE="+filepath.Join(r.dir, "kdc.conf"))
}

func (r *Realm) do(t T, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = r.env()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v: %s", program, args, err, out)
	}
}

// LogOff removes a cache.
func (r *Realm) LogOff(t T, cache string) {
	t.Helper()
	r.do(t, find(t, "kdestroy", "krb5-user"), "-q", "-c", cache)
}
