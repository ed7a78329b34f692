/** A cat of 96 by 96 pixels (PNG). */
export const cat: Uint8Array = Uint8Array.from(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAGAAAABgBAMAAAAQtmoLAAAAElBMVEUAAABGLR7rlkb///8oGRTwgoxbbUs9AAAABnRSTlMA////' +
      '//96eeD+AAAAhklEQVR42u3X0Q2AIBADUFZwBVZghVvB/VcxwaSpeCh8t/2SO94PAQOlOGs5eja6qqDWmpq8JQzuxhDUDdCYxcBg' +
      'C7TWIoLnoWIAED0MUDF4b76zZ2O3agA2WFl85LcKVcCGZ+fXLz3w+7sfF9dgxWiDQb6HBt/gcVAlAb+B+T3Dw+mjWQJc8SZvBtdr' +
      'YugAAAAASUVORK5CYII=',
    'base64',
  ),
);
