// The exact densities of the distributions, for the curve beside a histogram.

// The standard deviation of a standard normal that is cut off at ±2, and its probability within ±2.
const STD_WITHIN_2 = 0.87962566103423978;
const SHARE_WITHIN_2 = 0.95449973610364159;

const normal = (x) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

export const KINDS = ["constant", "normal", "truncated normal", "uniform"];

/// Returns the density at x of a distribution of this kind, with mean 0 and this standard deviation.
export function density(kind, std, x) {
    switch (KINDS[kind]) {
        case "normal":
            return normal(x / std) / std;
        case "truncated normal": {
            const sigma = std / STD_WITHIN_2;
            return Math.abs(x) <= 2 * sigma ? normal(x / sigma) / (sigma * SHARE_WITHIN_2) : 0;
        }
        case "uniform": {
            const bound = Math.sqrt(3) * std;
            return Math.abs(x) <= bound ? 1 / (2 * bound) : 0;
        }
        default:
            return 0;
    }
}
