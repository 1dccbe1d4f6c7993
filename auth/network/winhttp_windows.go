package network

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Names from winhttp.h and winerror.h.
const (
	winHTTPNoProxy = 1 // WINHTTP_ACCESS_TYPE_NO_PROXY
	winHTTPNamed   = 3 // WINHTTP_ACCESS_TYPE_NAMED_PROXY

	winHTTPDetect    = 1 // WINHTTP_AUTOPROXY_AUTO_DETECT
	winHTTPConfigURL = 2 // WINHTTP_AUTOPROXY_CONFIG_URL
	winHTTPByDHCP    = 1 // WINHTTP_AUTO_DETECT_TYPE_DHCP
	winHTTPByDNS     = 2 // WINHTTP_AUTO_DETECT_TYPE_DNS_A

	errLoginFailure     = syscall.Errno(12015) // ERROR_WINHTTP_LOGIN_FAILURE
	errBadScript        = syscall.Errno(12166) // ERROR_WINHTTP_BAD_AUTO_PROXY_SCRIPT
	errNoDownload       = syscall.Errno(12167) // ERROR_WINHTTP_UNABLE_TO_DOWNLOAD_SCRIPT
	errNoneDetected     = syscall.Errno(12180) // ERROR_WINHTTP_AUTODETECTION_FAILED
	errScriptExecution  = syscall.Errno(12177) // ERROR_WINHTTP_SCRIPT_EXECUTION_ERROR
	errServiceIsStopped = syscall.Errno(12178) // ERROR_WINHTTP_AUTO_PROXY_SERVICE_ERROR
	errWinesScript      = syscall.Errno(14007) // Wine's word for a script that throws
)

type winHTTP struct {
	open, close, setTimeouts, userSettings, proxyForURL *windows.LazyProc
	free                                                *windows.LazyProc
}

func newWinHTTP() winHTTP {
	dll, kernel := windows.NewLazySystemDLL("winhttp.dll"), windows.NewLazySystemDLL("kernel32.dll")
	return winHTTP{
		open: dll.NewProc("WinHttpOpen"), close: dll.NewProc("WinHttpCloseHandle"), setTimeouts: dll.NewProc("WinHttpSetTimeouts"),
		userSettings: dll.NewProc("WinHttpGetIEProxyConfigForCurrentUser"), proxyForURL: dll.NewProc("WinHttpGetProxyForUrl"),
		free: kernel.NewProc("GlobalFree"),
	}
}

// winHTTPUser is WINHTTP_CURRENT_USER_IE_PROXY_CONFIG.
type winHTTPUser struct {
	autoDetect           int32
	configURL            *uint16
	proxy, proxyOverride *uint16
}

// winHTTPOptions is WINHTTP_AUTOPROXY_OPTIONS.
type winHTTPOptions struct {
	flags, detectFlags uint32
	configURL          *uint16
	_                  uintptr
	_                  uint32
	autoLogon          int32
}

// winHTTPInfo is WINHTTP_PROXY_INFO.
type winHTTPInfo struct {
	access        uint32
	proxy, bypass *uint16
}

// text copies a string allocated by Windows, and frees it.
func (w winHTTP) text(s *uint16) string {
	if s == nil {
		return ""
	}
	defer w.free.Call(uintptr(unsafe.Pointer(s)))
	return windows.UTF16PtrToString(s)
}

// settings are those of this person with its switches, as every program of Windows sees
// them.
func (w winHTTP) settings() (internetSettings, error) {
	if err := w.userSettings.Find(); err != nil {
		return internetSettings{}, err
	}
	var user winHTTPUser
	if ok, _, err := w.userSettings.Call(uintptr(unsafe.Pointer(&user))); ok == 0 {
		return internetSettings{}, fmt.Errorf("reading the proxy settings (WinHttpGetIEProxyConfigForCurrentUser): %w", err)
	}
	s := internetSettings{autoConfigURL: w.text(user.configURL), proxyServer: w.text(user.proxy), proxyOverride: w.text(user.proxyOverride), detects: user.autoDetect != 0}
	s.proxyEnable = s.proxyServer != ""
	return s, nil
}

// ask asks Windows to find or fetch a script, and to run it. It may take longer than
// anybody waits, and cannot be ended. Of a list Windows gives the part before a DIRECT,
// and proxies for http alone. WinHttpGetProxyForUrlEx gives all of it, but is missing in
// Wine, so nothing here could be tested.
func (w winHTTP) ask(script string, address *url.URL) ([]*url.URL, error) {
	agent, err := windows.UTF16PtrFromString(UserAgent(""))
	if err != nil {
		return nil, err
	}
	session, _, err := w.open.Call(uintptr(unsafe.Pointer(agent)), winHTTPNoProxy, 0, 0, 0)
	if session == 0 {
		return nil, fmt.Errorf("WinHttpOpen: %w", err)
	}
	defer w.close.Call(session)
	limit := uintptr(scriptLimit.Milliseconds())
	w.setTimeouts.Call(session, limit, limit, limit, limit)

	options := winHTTPOptions{flags: winHTTPConfigURL}
	if script == "" {
		options.flags, options.detectFlags = winHTTPDetect, winHTTPByDHCP|winHTTPByDNS
	} else if options.configURL, err = windows.UTF16PtrFromString(script); err != nil {
		return nil, errors.New("its address cannot be used")
	}
	to, err := windows.UTF16PtrFromString(address.String())
	if err != nil {
		return nil, err
	}
	var info winHTTPInfo
	ok, _, err := w.proxyForURL.Call(session, uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(&options)), uintptr(unsafe.Pointer(&info)))
	if ok == 0 && errors.Is(err, errLoginFailure) && script != "" {
		options.autoLogon = 1 // never to a server named by the network alone
		ok, _, err = w.proxyForURL.Call(session, uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(&options)), uintptr(unsafe.Pointer(&info)))
	}
	runtime.KeepAlive(options)
	if ok == 0 {
		return nil, explainWinHTTP(script, err)
	}
	proxies := w.text(info.proxy)
	w.text(info.bypass)
	if info.access != winHTTPNamed {
		return []*url.URL{nil}, nil
	}
	return splitWinHTTP(proxies)
}

func explainWinHTTP(script string, err error) error {
	var number syscall.Errno
	if !errors.As(err, &number) {
		return err
	}
	words := ""
	switch {
	case number == errNoneDetected && script == "":
		return errNoScript
	case number == errNoDownload:
		words = "it cannot be fetched"
	case number == errBadScript, number == errScriptExecution, number == errWinesScript:
		words = "it fails, or is no script"
	case number == errLoginFailure:
		words = "its server wants a log-on"
	case number == errServiceIsStopped:
		words = "the service WinHttpAutoProxySvc does not answer"
	default:
		words = number.Error()
	}
	return fmt.Errorf("%s (WinHTTP's error %d)", words, uint32(number))
}

// newEvaluator asks Windows. It fetches scripts itself.
func newEvaluator(scriptFetcher) evaluator {
	w := newWinHTTP()
	return func(ctx context.Context, _ system, script string, address *url.URL) (evaluated, error) {
		type result struct {
			ways []*url.URL
			err  error
		}
		done := make(chan result, 1)
		go func() { // ends when Windows does
			ways, err := w.ask(script, address)
			done <- result{ways, err}
		}()
		select {
		case r := <-done:
			return evaluated{ways: r.ways}, r.err
		case <-ctx.Done():
			return evaluated{}, ctx.Err()
		}
	}
}
