package network

import (
	"bytes"
	"errors"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"github.com/alexbrainman/sspi"
	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// standInSSPI stands in for Windows in a domain, which is not to be had in a test: it
// plays back what a security package answers, and notes what it was asked.
type standInSSPI struct {
	legs     []leg
	refused  error // by the acquisition of credentials
	asked    []string
	released int
}

type leg struct {
	message string
	code    syscall.Errno
}

func (s *standInSSPI) begin(name string, identity *byte) (securityContext, error) {
	s.asked = append(s.asked, "credentials of "+name+without(identity))
	if s.refused != nil {
		return nil, s.refused
	}
	return s, nil
}

// without is what an identity leaves out, as in " !ntlm".
func without(identity *byte) string {
	if identity == nil {
		return ""
	}
	only := (*authIdentityEx)(unsafe.Pointer(identity))
	return " " + syscall.UTF16ToString(unsafe.Slice(only.packageList, only.packageListLength))
}

func (s *standInSSPI) next(target *uint16, out, in []byte) (int, syscall.Errno) {
	host := syscall.UTF16ToString(slices.Clone(unsafe.Slice(target, len("HTTP/proxy.test")+1)))
	s.asked = append(s.asked, host+" after "+string(in))
	now := s.legs[0]
	s.legs = s.legs[1:]
	return copy(out, now.message), now.code
}

func (s *standInSSPI) release() { s.released++ }

func (s *standInSSPI) exchange(t *testing.T, scheme proxyauth.Scheme, kerberosOnly bool) (proxyauth.Exchange, error) {
	t.Helper()
	return sspiLogOn{begin: s.begin}.Begin(t.Context(), proxyauth.Ask{Scheme: scheme, Host: "proxy.test", KerberosOnly: kerberosOnly})
}

func TestSSPIMakesTheLegsOfAConversation(t *testing.T) {
	for _, test := range []struct {
		name         string
		scheme       proxyauth.Scheme
		kerberosOnly bool
		legs         []leg
		asked        []string
	}{
		{"NTLM", proxyauth.NTLM, false,
			[]leg{{"NTLMSSP\x00 one", sspi.SEC_I_CONTINUE_NEEDED}, {"NTLMSSP\x00 three", sspi.SEC_E_OK}},
			[]string{"credentials of NTLM", "HTTP/proxy.test after ", "HTTP/proxy.test after two"}},
		{"Kerberos", proxyauth.Negotiate, true,
			[]leg{{"ticket", sspi.SEC_I_CONTINUE_NEEDED}, {"", sspi.SEC_E_OK}},
			[]string{"credentials of Negotiate !ntlm", "HTTP/proxy.test after ", "HTTP/proxy.test after two"}},
		{"Negotiate with NTLM inside", proxyauth.Negotiate, false,
			[]leg{{"NTLMSSP\x00 one", sspi.SEC_I_CONTINUE_NEEDED}, {"NTLMSSP\x00 three", sspi.SEC_E_OK}},
			[]string{"credentials of Negotiate", "HTTP/proxy.test after ", "HTTP/proxy.test after two"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &standInSSPI{legs: slices.Clone(test.legs)}
			e, err := s.exchange(t, test.scheme, test.kerberosOnly)
			if err != nil {
				t.Fatal(err)
			}
			for i, from := range []string{"", "two"} {
				if got, err := e.Next(t.Context(), []byte(from)); err != nil || string(got) != test.legs[i].message {
					t.Errorf("leg %d: %q, %v", i, got, err)
				}
			}
			if diff := cmp.Diff(test.asked, s.asked); diff != "" {
				t.Error(diff)
			}
			// A proxy that goes on for ever is given nothing more.
			if _, err := e.Next(t.Context(), []byte("more")); lackOf(err) != proxyauth.Failing || len(s.asked) != len(test.asked) {
				t.Errorf("after the end: %v", err)
			}
			e.Close()
			e.Close()
			if s.released != 1 {
				t.Errorf("released %d times", s.released)
			}
		})
	}
}

// Windows falls back to NTLM by itself; a network that has named the proxy must not get it.
func TestSSPIGivesNoNTLMWhereKerberosAloneMayBe(t *testing.T) {
	for name, legs := range map[string][]leg{
		"at once": {{"\x60\x40 NTLMSSP\x00 one", sspi.SEC_I_CONTINUE_NEEDED}},
		"later":   {{"ticket", sspi.SEC_I_CONTINUE_NEEDED}, {"\xa1 NTLMSSP\x00 three", sspi.SEC_E_OK}},
	} {
		s := &standInSSPI{legs: slices.Clone(legs)}
		e, err := s.exchange(t, proxyauth.Negotiate, true)
		if err != nil {
			t.Fatal(err)
		}
		var message []byte
		for range legs {
			message, err = e.Next(t.Context(), []byte("two"))
		}
		if lackOf(err) != proxyauth.NoTicket || message != nil {
			t.Errorf("%s: %q, %v", name, message, err)
		}
		e.Close()
	}
}

func TestWhatSSPILacks(t *testing.T) {
	for code, want := range map[syscall.Errno]proxyauth.Lack{
		secNoCredentials: proxyauth.NoTicket, secLogonDenied: proxyauth.NoTicket, secTargetUnknown: proxyauth.NoService,
		secNoAuthority: proxyauth.KDCSilent, secDowngrade: proxyauth.KDCSilent, secNoTGTReply: proxyauth.KDCSilent,
		secTimeSkew: proxyauth.ClockWrong, secPackageNotFound: proxyauth.NotHere, syscall.Errno(0x80090304): proxyauth.Failing,
	} {
		refused := &standInSSPI{refused: code}
		if _, err := refused.exchange(t, proxyauth.Negotiate, false); lackOf(err) != want {
			t.Errorf("0x%08X for credentials: %v", uint32(code), err)
		}
		s := &standInSSPI{legs: []leg{{"", code}}}
		e, err := s.exchange(t, proxyauth.Negotiate, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Next(t.Context(), nil); lackOf(err) != want {
			t.Errorf("0x%08X for a message: %v", uint32(code), err)
		}
		e.Close()
	}
}

// Windows' own SSPI, or what Wine has of it: the calls are those that it takes, whatever
// it answers where there is no domain.
func TestSSPIOfThisComputer(t *testing.T) {
	for _, ask := range []proxyauth.Ask{
		{Scheme: proxyauth.NTLM, Host: "proxy.test"}, {Scheme: proxyauth.Negotiate, Host: "proxy.test"},
		{Scheme: proxyauth.Negotiate, Host: "proxy.test", KerberosOnly: true},
	} {
		e, err := sspiLogOn{}.Begin(t.Context(), ask)
		var message []byte
		if err == nil {
			message, err = e.Next(t.Context(), nil)
			e.Close()
		}
		t.Logf("%+v: %q, %v", ask, message, err)
		if (err == nil) != (len(message) > 0) || err != nil && lackOf(err) == "" {
			t.Errorf("%+v: %q, %v; want a message or what is missing", ask, message, err)
		}
		if ask.KerberosOnly && bytes.Contains(message, []byte("NTLMSSP")) {
			t.Errorf("%+v: NTLM", ask)
		}
	}
}

func lackOf(err error) proxyauth.Lack {
	var lack *proxyauth.LackError
	if errors.As(err, &lack) {
		return lack.Lack
	}
	return ""
}
