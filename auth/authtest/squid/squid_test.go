package squid_test

import (
	"path/filepath"
	"testing"

	"github.com/portico-desktop/portico/auth/authtest/squid"
)

func TestTheRealmAndItsProxyStart(t *testing.T) {
	realm := squid.StartRealm(t)
	realm.LogOn(t, "FILE:"+filepath.Join(t.TempDir(), "cc"), squid.Name, squid.Password)
	squid.Start(t, squid.Options{Wants: []string{"negotiate", "ntlm", "digest", "basic"}, Realm: realm})
}
