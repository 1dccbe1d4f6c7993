package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Names from CFString.h, CFNumber.h and CFProxySupport.h.
const (
	cfUTF8  = 0x08000100 // kCFStringEncodingUTF8
	cfInt32 = 3          // kCFNumberSInt32Type

	coreFoundation = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation"
	cfNetwork      = "/System/Library/Frameworks/CFNetwork.framework/CFNetwork"
)

// cf is the used part of CoreFoundation and CFNetwork. The result of a function with
// Create or Copy in its name has to be released, and the result of one with Get must not
// be.
type cf struct {
	stringCreate  func(allocator uintptr, bytes unsafe.Pointer, n int, encoding uint32, external bool) uintptr // CFStringCreateWithBytes
	stringGet     func(s uintptr, buffer unsafe.Pointer, size int, encoding uint32) bool                       // CFStringGetCString
	urlCreate     func(allocator uintptr, bytes unsafe.Pointer, n int, encoding uint32, base uintptr) uintptr  // CFURLCreateWithBytes
	arrayCount    func(array uintptr) int                                                                      // CFArrayGetCount
	arrayGet      func(array uintptr, i int) uintptr                                                           // CFArrayGetValueAtIndex
	dictionaryGet func(dictionary, key uintptr) uintptr                                                        // CFDictionaryGetValue
	numberGet     func(number uintptr, kind int, value unsafe.Pointer) bool                                    // CFNumberGetValue
	equal         func(a, b uintptr) bool                                                                      // CFEqual
	release       func(object uintptr)                                                                         // CFRelease
	errorCopy     func(err uintptr) uintptr                                                                    // CFErrorCopyDescription
	// proxiesForScript is CFNetworkCopyProxiesForAutoConfigurationScript. It waits for
	// the script.
	proxiesForScript func(script, address uintptr, err *uintptr) uintptr

	typeKey, hostKey, portKey uintptr
	kinds                     map[string]uintptr // scheme → the constant for it
}

// loadCF reaches the frameworks without cgo. They are loaded when a script is set, and
// not before.
func loadCF() (c *cf, err error) {
	core, err := purego.Dlopen(coreFoundation, purego.RTLD_LAZY|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, err
	}
	net, err := purego.Dlopen(cfNetwork, purego.RTLD_LAZY|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, err
	}
	c = &cf{kinds: map[string]uintptr{}}
	for _, f := range []struct {
		library uintptr
		to      any
		name    string
	}{
		{core, &c.stringCreate, "CFStringCreateWithBytes"}, {core, &c.stringGet, "CFStringGetCString"}, {core, &c.urlCreate, "CFURLCreateWithBytes"},
		{core, &c.arrayCount, "CFArrayGetCount"}, {core, &c.arrayGet, "CFArrayGetValueAtIndex"}, {core, &c.dictionaryGet, "CFDictionaryGetValue"},
		{core, &c.numberGet, "CFNumberGetValue"}, {core, &c.equal, "CFEqual"}, {core, &c.release, "CFRelease"}, {core, &c.errorCopy, "CFErrorCopyDescription"},
		{net, &c.proxiesForScript, "CFNetworkCopyProxiesForAutoConfigurationScript"},
	} {
		if _, err := purego.Dlsym(f.library, f.name); err != nil {
			return nil, err // the next line would panic for it
		}
		purego.RegisterLibFunc(f.to, f.library, f.name)
	}
	constant := func(name string) uintptr {
		address, failed := purego.Dlsym(net, name)
		if failed != nil {
			err = errors.Join(err, failed)
			return 0
		}
		return **(**uintptr)(unsafe.Pointer(&address)) // a variable of the framework's: it stays
	}
	c.typeKey, c.hostKey, c.portKey = constant("kCFProxyTypeKey"), constant("kCFProxyHostNameKey"), constant("kCFProxyPortNumberKey")
	for scheme, name := range map[string]string{
		directScheme: "kCFProxyTypeNone", "http": "kCFProxyTypeHTTP", "https": "kCFProxyTypeHTTPS", "socks5": "kCFProxyTypeSOCKS",
	} {
		c.kinds[scheme] = constant(name)
	}
	return c, err
}

// string makes a CFString. It has to be released.
func (c *cf) string(s string) uintptr {
	raw := []byte(s)
	defer runtime.KeepAlive(raw)
	return c.stringCreate(0, unsafe.Pointer(unsafe.SliceData(raw)), len(raw), cfUTF8, false)
}

// text reads a CFString.
func (c *cf) text(s uintptr) string {
	buffer := make([]byte, 1024)
	if s == 0 || !c.stringGet(s, unsafe.Pointer(&buffer[0]), len(buffer), cfUTF8) {
		return ""
	}
	text, _, _ := strings.Cut(string(buffer), "\x00")
	return text
}

// ask runs a script. It may take longer than anybody waits, and cannot be ended.
func (c *cf) ask(script pacScript, address *url.URL) ([]*url.URL, error) {
	text := c.string(string(script.text))
	if text == 0 {
		return nil, errors.New("it is no text in UTF-8")
	}
	defer c.release(text)
	raw := []byte(address.String())
	to := c.urlCreate(0, unsafe.Pointer(unsafe.SliceData(raw)), len(raw), cfUTF8, 0)
	runtime.KeepAlive(raw)
	if to == 0 {
		return nil, errors.New("it cannot be asked about this address")
	}
	defer c.release(to)
	var failed uintptr
	found := c.proxiesForScript(text, to, &failed)
	if failed != 0 {
		defer c.release(failed)
		words := c.errorCopy(failed)
		if words != 0 {
			defer c.release(words)
		}
		return nil, fmt.Errorf("it fails: %s", forDisplay(c.text(words)))
	}
	if found == 0 {
		return nil, errors.New("it fails, or is no script")
	}
	defer c.release(found)
	var ways []string
	for i := range c.arrayCount(found) {
		ways = append(ways, c.way(c.arrayGet(found, i)))
	}
	return parseWays(ways)
}

// way reads one of the proxies of an answer, "" for an unknown kind.
func (c *cf) way(proxy uintptr) string {
	kind := c.dictionaryGet(proxy, c.typeKey)
	for scheme, constant := range c.kinds {
		switch {
		case kind == 0 || !c.equal(kind, constant):
			continue
		case scheme == directScheme:
			return directScheme + "://"
		case scheme == "https":
			scheme = "http" // a proxy for https, as in the settings
		}
		host := c.text(c.dictionaryGet(proxy, c.hostKey))
		var port int32
		if number := c.dictionaryGet(proxy, c.portKey); host == "" || number != 0 && !c.numberGet(number, cfInt32, unsafe.Pointer(&port)) {
			return ""
		}
		if port == 0 {
			return scheme + "://" + host
		}
		return scheme + "://" + net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(int(port)))
	}
	return ""
}

// newEvaluator fetches scripts itself, so a hanging one does not keep a thread, and has
// macOS run them.
func newEvaluator(fetcher scriptFetcher) evaluator {
	load := sync.OnceValues(loadCF)
	return func(ctx context.Context, _ system, script string, address *url.URL) (evaluated, error) {
		found := evaluated{}
		fetched, err := fetcher.fetch(ctx, detectedAt(script))
		var unknown *net.DNSError
		switch {
		case script == "" && errors.As(err, &unknown) && unknown.IsNotFound:
			return found, errNoScript
		case err != nil:
			return found, err
		}
		c, err := load()
		if err != nil {
			return found, fmt.Errorf("macOS' CFNetwork cannot be reached: %w", err)
		}
		type result struct {
			ways []*url.URL
			err  error
		}
		done := make(chan result, 1)
		go func() { // ends when macOS does
			ways, err := c.ask(fetched, address)
			done <- result{ways, err}
		}()
		select {
		case r := <-done:
			return evaluated{ways: r.ways, plain: fetched.plain}, r.err
		case <-ctx.Done():
			return found, ctx.Err()
		}
	}
}

// detectedAt is the address of the script offered by a network, "" being its address so
// far: if DHCP names another one, macOS lists it as one that is set.
func detectedAt(script string) string {
	if script == "" {
		return "http://wpad/wpad.dat"
	}
	return script
}
