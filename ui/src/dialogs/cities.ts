// Cities for worlds that know few of their own: airport code, country, degrees north and east.
// Clients at them get the nearest networks of the world, whatever those are.

const TEXT = `
ABJ Abidjan CI 5.3 -3.9|ACC Accra GH 5.6 -0.2|ADD Addis Ababa ET 9.0 38.8|AKL Auckland NZ -37.0 174.8
ALA Almaty KZ 43.4 77.0|ALG Algiers DZ 36.7 3.2|AMS Amsterdam NL 52.3 4.8|ANC Anchorage US 61.2 -150.0
ARN Stockholm SE 59.7 17.9|ATH Athens GR 37.9 23.9|ATL Atlanta US 33.6 -84.4|AUH Abu Dhabi AE 24.4 54.7
BAH Manama BH 26.3 50.6|BCN Barcelona ES 41.3 2.1|BEG Belgrade RS 44.8 20.3|BER Berlin DE 52.4 13.5
BEY Beirut LB 33.8 35.5|BKK Bangkok TH 13.7 100.7|BLR Bengaluru IN 13.2 77.7|BNE Brisbane AU -27.4 153.1
BOG Bogota CO 4.7 -74.1|BOM Mumbai IN 19.1 72.9|BOS Boston US 42.4 -71.0|BRU Brussels BE 50.9 4.5
BSB Brasilia BR -15.9 -47.9|BUD Budapest HU 47.4 19.3|CAI Cairo EG 30.1 31.4|CCU Kolkata IN 22.7 88.4
CDG Paris FR 49.0 2.5|CGK Jakarta ID -6.1 106.7|CMN Casablanca MA 33.4 -7.6|CMB Colombo LK 7.2 79.9
CPH Copenhagen DK 55.6 12.7|CPT Cape Town ZA -34.0 18.6|CCS Caracas VE 10.6 -67.0|DAC Dhaka BD 23.8 90.4
DAR Dar es Salaam TZ -6.9 39.2|DEL Delhi IN 28.6 77.1|DEN Denver US 39.9 -104.7|DFW Dallas US 32.9 -97.0
DKR Dakar SN 14.7 -17.1|DOH Doha QA 25.3 51.6|DUB Dublin IE 53.4 -6.3|DXB Dubai AE 25.3 55.4
EZE Buenos Aires AR -34.8 -58.5|FCO Rome IT 41.8 12.3|FOR Fortaleza BR -3.8 -38.5|FRA Frankfurt DE 50.0 8.6
GIG Rio de Janeiro BR -22.8 -43.2|GRU São Paulo BR -23.4 -46.5|GUM Guam GU 13.5 144.8|GVA Geneva CH 46.2 6.1
HAN Hanoi VN 21.2 105.8|HEL Helsinki FI 60.3 25.0|HKG Hong Kong HK 22.3 113.9|HNL Honolulu US 21.3 -157.9
IAD Ashburn US 38.9 -77.5|IAH Houston US 30.0 -95.3|ICN Seoul KR 37.5 126.5|IST Istanbul TR 41.3 28.7
JED Jeddah SA 21.7 39.2|JFK New York US 40.6 -73.8|JNB Johannesburg ZA -26.1 28.2|KBP Kyiv UA 50.3 30.9
KEF Reykjavik IS 64.0 -22.6|KHI Karachi PK 24.9 67.2|KIX Osaka JP 34.4 135.2|KTM Kathmandu NP 27.7 85.4
KUL Kuala Lumpur MY 2.7 101.7|KWI Kuwait KW 29.2 48.0|LAD Luanda AO -8.9 13.2|LAX Los Angeles US 33.9 -118.4
LED Saint Petersburg RU 59.8 30.3|LHR London GB 51.5 -0.5|LIM Lima PE -12.0 -77.1|LIS Lisbon PT 38.8 -9.1
LOS Lagos NG 6.6 3.3|LYS Lyon FR 45.7 5.1|MAA Chennai IN 13.0 80.2|MAD Madrid ES 40.5 -3.6
MAN Manchester GB 53.4 -2.3|MBA Mombasa KE -4.0 39.6|MEL Melbourne AU -37.7 144.8|MEX Mexico City MX 19.4 -99.1
MIA Miami US 25.8 -80.3|MNL Manila PH 14.5 121.0|MRS Marseille FR 43.4 5.2|MSP Minneapolis US 44.9 -93.2
MUC Munich DE 48.4 11.8|MVD Montevideo UY -34.8 -56.0|MXP Milan IT 45.6 8.7|NBO Nairobi KE -1.3 36.9
NRT Tokyo JP 35.8 140.4|ORD Chicago US 42.0 -87.9|OSL Oslo NO 60.2 11.1|OTP Bucharest RO 44.6 26.1
PEK Beijing CN 40.1 116.6|PER Perth AU -31.9 116.0|PHX Phoenix US 33.4 -112.0|POM Port Moresby PG -9.4 147.2
PRG Prague CZ 50.1 14.3|PTY Panama City PA 9.1 -79.4|PVG Shanghai CN 31.1 121.8|RIX Riga LV 56.9 24.0
RUH Riyadh SA 25.0 46.7|SCL Santiago CL -33.4 -70.8|SEA Seattle US 47.4 -122.3|SFO San Francisco US 37.6 -122.4
SGN Ho Chi Minh City VN 10.8 106.7|SIN Singapore SG 1.4 104.0|SJC San Jose US 37.4 -121.9|SOF Sofia BG 42.7 23.4
SVO Moscow RU 56.0 37.4|SYD Sydney AU -33.9 151.2|SZX Shenzhen CN 22.6 113.8|TAS Tashkent UZ 41.3 69.3
TBS Tbilisi GE 41.7 45.0|TLL Tallinn EE 59.4 24.8|TLV Tel Aviv IL 32.0 34.9|TPE Taipei TW 25.1 121.2
TUN Tunis TN 36.9 10.2|UIO Quito EC -0.1 -78.4|VIE Vienna AT 48.1 16.6|VNO Vilnius LT 54.6 25.3
WAW Warsaw PL 52.2 21.0|YUL Montreal CA 45.5 -73.7|YVR Vancouver CA 49.2 -123.2|YYZ Toronto CA 43.7 -79.6
ZAG Zagreb HR 45.7 16.1|ZRH Zurich CH 47.5 8.5
`;

export interface City {
  code: string;
  name: string;
  country: string;
  lat: number;
  lon: number;
}

export const CITIES: readonly City[] = TEXT.trim()
  .split(/[|\n]/)
  .map((line) => {
    const words = line.trim().split(' ');
    const [country, lat, lon] = words.slice(-3);
    const name = words.slice(1, -3).join(' ');
    return { code: words[0], name, country, lat: Number(lat), lon: Number(lon) };
  });
