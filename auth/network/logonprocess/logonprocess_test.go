package logonprocess

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// ticket is a log-on of the other process: a stand-in for Kerberos.
type ticket struct{ lack proxyauth.Lack }

func (t ticket) Begin(_ context.Context, ask proxyauth.Ask) (proxyauth.Exchange, error) {
	if t.lack != "" {
		return nil, &proxyauth.LackError{Lack: t.lack, Err: errors.New("no ticket in " + ask.Host)}
	}
	return &exchange{message: []byte("for " + ask.Host)}, nil
}

// The test's own program is the other process.
func TestMain(m *testing.M) {
	switch os.Getenv("PORTICO_TEST_SERVES") {
	case "":
		os.Exit(m.Run())
	case "ticket":
		_ = Serve(context.Background(), ticket{}, os.Stdin, os.Stdout)
	case "none":
		_ = Serve(context.Background(), ticket{proxyauth.NoTicket}, os.Stdin, os.Stdout)
	case "rubbish":
		_, _ = os.Stdout.WriteString("hello")
	case "nothing":
		_, _ = os.Stdout.WriteString("{}")
	case "flood":
		_, _ = os.Stdout.WriteString(`{"message":"` + strings.Repeat("A", 10<<20) + `"}`)
	case "failure":
		os.Exit(3)
	case "silence":
		a, _ := net.Pipe()
		_, _ = a.Read(make([]byte, 1))
	}
}

func begin(t *testing.T, serves string) (proxyauth.Exchange, error) {
	t.Helper()
	t.Setenv("PORTICO_TEST_SERVES", serves)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	if serves == "silence" {
		ctx, cancel = context.WithTimeout(context.Background(), 50*time.Millisecond)
	}
	defer cancel()
	return Of(os.Args[0]).Begin(ctx, proxyauth.Ask{Scheme: proxyauth.Negotiate, Host: "proxy.test"})
}

func TestAnotherProcessLogsOn(t *testing.T) {
	x, err := begin(t, "ticket")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if got, err := x.Next(context.Background(), nil); string(got) != "for proxy.test" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := x.Next(context.Background(), []byte("more")); err == nil {
		t.Error("a second round is answered")
	}
	for serves, want := range map[string]proxyauth.Lack{
		"none": proxyauth.NoTicket, "rubbish": proxyauth.Failing, "nothing": proxyauth.Failing, "flood": proxyauth.Failing, "failure": proxyauth.Failing, "silence": proxyauth.Failing,
	} {
		_, err := begin(t, serves)
		var lack *proxyauth.LackError
		if !errors.As(err, &lack) || lack.Lack != want {
			t.Errorf("%s: %v, want %s", serves, err, want)
		}
		if serves == "none" && !strings.Contains(err.Error(), "no ticket in proxy.test") {
			t.Errorf("the reason is lost: %v", err)
		}
	}
}

func TestWithoutTheProgram(t *testing.T) {
	_, err := Of(filepath.Join(t.TempDir(), "none")).Begin(context.Background(), proxyauth.Ask{Scheme: proxyauth.Negotiate, Host: "proxy.test"})
	var lack *proxyauth.LackError
	if !errors.As(err, &lack) || lack.Lack != proxyauth.NotHere {
		t.Errorf("%v", err)
	}
	_, err = Of(os.Args[0]).Begin(context.Background(), proxyauth.Ask{Scheme: proxyauth.NTLM, Host: "proxy.test"})
	if !errors.As(err, &lack) || lack.Lack != proxyauth.NotHere {
		t.Errorf("NTLM on %s: %v", runtime.GOOS, err)
	}
}
