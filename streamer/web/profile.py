"""The local CA as an Apple configuration profile, which iPhones, iPads and Macs install."""

import plistlib
import uuid

from streamer.web.authority import Authority


def mobileconfig(authority: Authority) -> bytes:
    """An unsigned `.mobileconfig` whose one payload is the CA; a CA always gives the same bytes."""
    der = authority.der()
    own = uuid.uuid5(uuid.NAMESPACE_OID, f"theatron:{authority.fingerprint}")
    payload = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"org.theatron.ca.{own}",
        "PayloadUUID": str(uuid.uuid5(own, "certificate")).upper(),
        "PayloadDisplayName": authority.name,
        "PayloadCertificateFileName": "theatron-ca.crt",
        "PayloadContent": der,
    }
    profile = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"org.theatron.{own}",
        "PayloadUUID": str(own).upper(),
        "PayloadDisplayName": authority.name,
        "PayloadDescription": "Lets this device open the Theatron rooms of one computer.",
        "PayloadContent": [payload],
    }
    return plistlib.dumps(profile)
