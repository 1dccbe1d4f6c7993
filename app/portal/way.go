package portal

import (
	"strings"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

// wayProblem names what the network has done to a request, in the words that
// sign-ins have for it too. Without more said than that there is no way, the
// portal is not reachable.
func wayProblem(f *network.Fault) (code localapi.Code, params []string) {
	script, install := network.Unasked(f.ScriptErr)
	params = []string{"proxy", f.Proxy, "issuer", f.Issuer, "wants", strings.Join(f.Wants, ", "), "script", script, "install", install}
	lack, detail, refused := proxyauth.Facts(f)
	if params = append(params, "lack", string(lack), "lack_detail", detail); refused {
		params = append(params, "refused", "yes")
	}
	switch reason := auth.ReasonOf(f); reason {
	case auth.ReasonUnreachable:
		code = localapi.PortalUnreachable
	case auth.ReasonUntrusted:
		code, params = localapi.Untrusted, append(params, "title", f.Host, "check", "certificate")
	case auth.ReasonClock:
		code, params = localapi.ClockWrong, append(params, "direction", "behind")
	default:
		code = localapi.Code(reason)
	}
	return code, params
}
