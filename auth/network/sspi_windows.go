package network

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"github.com/alexbrainman/sspi"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// sspiLogOn is Windows' own log-on of this person (SSPI).
type sspiLogOn struct {
	// begin acquires the person's own credentials of a package, as identity bounds them.
	// nil is Windows itself.
	begin func(name string, identity *byte) (securityContext, error)
}

// securityContext is one conversation of a security package.
type securityContext interface {
	// next makes the message for target in answer to in, which is empty at first, and
	// returns its length. The code is SEC_E_OK for the last one, SEC_I_CONTINUE_NEEDED, or
	// an error.
	next(target *uint16, out, in []byte) (n int, code syscall.Errno)
	release()
}

// SSPI's answers (winerror.h).
const (
	secTargetUnknown   = syscall.Errno(0x80090303)
	secNoCredentials   = syscall.Errno(0x8009030E)
	secLogonDenied     = syscall.Errno(0x8009030C)
	secNoAuthority     = syscall.Errno(0x80090311)
	secTimeSkew        = syscall.Errno(0x80090324)
	secNoTGTReply      = syscall.Errno(0x80090334)
	secDowngrade       = syscall.Errno(0x80090350)
	secPackageNotFound = syscall.Errno(0x80090305)
)

// authIdentityEx is SEC_WINNT_AUTH_IDENTITY_EXW (sspi.h).
type authIdentityEx struct {
	version, length   uint32
	user              *uint16
	userLength        uint32
	domain            *uint16
	domainLength      uint32
	password          *uint16
	passwordLength    uint32
	flags             uint32
	packageList       *uint16
	packageListLength uint32
}

const (
	authIdentityVersion = 0x200 // SEC_WINNT_AUTH_IDENTITY_VERSION
	authIdentityUnicode = 0x2   // SEC_WINNT_AUTH_IDENTITY_UNICODE
	// maxSSPIToken is more than any message of Kerberos (MaxTokenSize, 48,000) and NTLM.
	maxSSPIToken = 64 << 10
)

// Begin acquires the person's own credentials; nothing is delegated, because the context
// does not ask for it.
func (l sspiLogOn) Begin(_ context.Context, ask proxyauth.Ask) (proxyauth.Exchange, error) {
	name := sspi.NEGOSSP_NAME
	if ask.Scheme == proxyauth.NTLM {
		name = sspi.NTLMSP_NAME
	}
	target, err := syscall.UTF16PtrFromString("HTTP/" + ask.Host)
	if err != nil {
		return nil, &proxyauth.LackError{Lack: proxyauth.NoService, Err: err}
	}
	var identity *byte
	kerberosOnly := ask.KerberosOnly && ask.Scheme == proxyauth.Negotiate
	if kerberosOnly {
		without := syscall.StringToUTF16("!ntlm")
		only := &authIdentityEx{
			version: authIdentityVersion, flags: authIdentityUnicode,
			packageList: &without[0], packageListLength: uint32(len(without) - 1),
		}
		only.length = uint32(unsafe.Sizeof(*only))
		identity = (*byte)(unsafe.Pointer(only)) // #nosec G103 -- what the call takes
	}
	begin := l.begin
	if begin == nil {
		begin = beginWithWindows
	}
	security, err := begin(name, identity)
	if err != nil {
		return nil, sspiLack(err)
	}
	return &sspiExchange{security: security, target: target, kerberosOnly: kerberosOnly}, nil
}

// sspiExchange is one conversation with a proxy.
type sspiExchange struct {
	security     securityContext // nil once it is closed
	target       *uint16
	kerberosOnly bool
	over         bool
}

// Next gives Windows the proxy's message. With nothing from it in the middle there is
// nothing to go on with.
func (e *sspiExchange) Next(_ context.Context, from []byte) ([]byte, error) {
	if e.over {
		return nil, &proxyauth.LackError{Lack: proxyauth.Failing, Err: errors.New("the log-on is over, and the proxy goes on")}
	}
	out := make([]byte, maxSSPIToken)
	n, code := e.security.next(e.target, out, from)
	switch code {
	case sspi.SEC_E_OK:
		e.over = true
	case sspi.SEC_I_CONTINUE_NEEDED:
	default:
		return nil, sspiLack(code)
	}
	message := out[:min(n, len(out))]
	if e.kerberosOnly && bytes.Contains(message, []byte("NTLMSSP\x00")) {
		// Negotiate falls back to NTLM if it has no ticket.
		return nil, &proxyauth.LackError{Lack: proxyauth.NoTicket, Err: errors.New("Windows would have used NTLM")}
	}
	return message, nil
}

func (e *sspiExchange) Close() {
	if e.security == nil {
		return
	}
	e.security.release()
	e.security = nil
}

// windowsContext is a conversation of Windows' own packages.
type windowsContext struct {
	credentials *sspi.Credentials
	context     *sspi.Context
	begun       bool
}

func beginWithWindows(name string, identity *byte) (securityContext, error) {
	credentials, err := sspi.AcquireCredentials("", name, sspi.SECPKG_CRED_OUTBOUND, identity)
	if err != nil {
		return nil, err
	}
	return &windowsContext{credentials: credentials, context: sspi.NewClientContext(credentials, sspi.ISC_REQ_CONNECTION)}, nil
}

func (w *windowsContext) next(target *uint16, out, in []byte) (int, syscall.Errno) {
	var given, made [1]sspi.SecBuffer
	given[0].Set(sspi.SECBUFFER_TOKEN, in)
	made[0].Set(sspi.SECBUFFER_TOKEN, out)
	from := sspi.NewSecBufferDesc(given[:])
	if len(in) == 0 {
		from = nil
	}
	code := w.context.Update(target, sspi.NewSecBufferDesc(made[:]), from)
	complete := code == sspi.SEC_I_COMPLETE_NEEDED || code == sspi.SEC_I_COMPLETE_AND_CONTINUE
	if !w.begun && !complete && code != sspi.SEC_E_OK && code != sspi.SEC_I_CONTINUE_NEEDED {
		w.context.Handle = nil // nothing has come into being
	}
	w.begun = true
	if complete {
		if done := sspi.CompleteAuthToken(w.context.Handle, sspi.NewSecBufferDesc(made[:])); done != sspi.SEC_E_OK {
			return 0, done
		}
		if code == sspi.SEC_I_COMPLETE_NEEDED {
			code = sspi.SEC_E_OK
		} else {
			code = sspi.SEC_I_CONTINUE_NEEDED
		}
	}
	return int(made[0].BufferSize), code
}

func (w *windowsContext) release() {
	if w.context.Handle != nil {
		_ = w.context.Release()
	}
	_ = w.credentials.Release()
}

// sspiLack is the meaning of a code of SSPI for people.
func sspiLack(err error) error {
	lack := proxyauth.Failing
	var code syscall.Errno
	if errors.As(err, &code) {
		switch code {
		case secNoCredentials, secLogonDenied:
			lack = proxyauth.NoTicket
		case secTargetUnknown:
			lack = proxyauth.NoService
		case secNoAuthority, secDowngrade, secNoTGTReply:
			lack = proxyauth.KDCSilent
		case secTimeSkew:
			lack = proxyauth.ClockWrong
		case secPackageNotFound:
			lack = proxyauth.NotHere
		}
		err = fmt.Errorf("SSPI answers 0x%08X: %w", uint32(code), err)
	}
	return &proxyauth.LackError{Lack: lack, Err: err}
}
