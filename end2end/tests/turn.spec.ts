// Networks that let nothing through but TCP to the operator's TURN server.
import { enterAsGuest, onStage } from "./steps";
import { behindWall, expect } from "./venue";

behindWall(
  "where only the operator's TURN server is reached, artist and audience meet by it",
  async ({ walledPerson, person }) => {
    const artist = await walledPerson("Mira Voss");
    const show = await onStage(artist);
    const ana = await walledPerson("Ana");
    await enterAsGuest(ana, show);
    await ana.seesAndHears();
    expect(await artist.relay()).toBe("tcp");
    expect(await ana.relay()).toBe("tcp");
    // Whom UDP reaches has no use for it, though it is known to them, too.
    const tom = await person("Tom");
    await enterAsGuest(tom, show);
    await tom.seesAndHears();
    expect(await tom.relay()).toBeUndefined();
  },
);
